"""The parts of a drawn face, as SVG: flat shapes without ids, styles or scripts. See ``avatars.faces``.

A face is a handful of parameters; :func:`person` puts the parts together from the back to the front. What
lives in it is named by classes and moved by ``static/css/portrait.css``: ``head`` nods, ``eyes`` blink and
glance, ``brows`` lift, and ``opening`` (the inside of the mouth) grows with the custom property ``--mouth``.
"""

from __future__ import annotations

from dataclasses import dataclass

INK = "#2e2320"
"""Of eyes and the inside of the mouth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """Colors, a few measures (in units of the 200 x 200 sheet) and the parts that only this face has."""

    ground: str
    skin: str
    shade: str
    """Of the skin: ears, nose, under the chin."""
    lips: str
    hair: str
    clothes: str
    half_width: int = 36
    jaw: int = 23
    chin: int = 138
    shoulders: int = 78
    brows: str = ""
    """Their color; that of the hair."""
    brow: float = 3.6
    """Thickness of the brows."""
    lashes: bool = False
    neckline: bool = True
    ears: bool = True
    behind: str = ""
    """Hair or cloth behind head and shoulders."""
    collar: str = ""
    beard: str = ""
    front: str = ""
    """Hair or cloth over the forehead."""
    above: str = ""
    """Glasses and earrings."""


def path(fill: str, d: str) -> str:
    return f'<path fill="{fill}" d="{d}"/>'


def line(stroke: str, d: str, width: float = 2.5) -> str:
    return (
        f'<path fill="none" stroke="{stroke}" stroke-width="{width}" stroke-linecap="round" '
        f'stroke-linejoin="round" d="{d}"/>'
    )


def oval(fill: str, x: float, y: float, rx: float, ry: float | None = None) -> str:
    return f'<ellipse fill="{fill}" cx="{x}" cy="{y}" rx="{rx}" ry="{rx if ry is None else ry}"/>'


def circles(fill: str, *each: tuple[float, float, float]) -> str:
    return "".join(oval(fill, x, y, radius) for x, y, radius in each)


def both(left: str) -> str:
    """A part and its mirror image on the other side of the face."""
    return f'{left}<g transform="matrix(-1 0 0 1 200 0)">{left}</g>'


def _head(face: Face) -> str:
    left, right = 100 - face.half_width, 100 + face.half_width
    return path(
        face.skin,
        f"M{left} 86C{left} 28 {right} 28 {right} 86C{right} 114 {100 + face.jaw} {face.chin} 100 {face.chin}"
        f"C{100 - face.jaw} {face.chin} {left} 114 {left} 86Z",
    )


def _body(face: Face) -> str:
    left, right = 100 - face.shoulders, 100 + face.shoulders
    body = path(
        face.clothes, f"M{left} 204C{left + 2} 170 58 164 82 154H118C142 164 {right - 2} 170 {right} 204Z"
    )
    if not face.neckline:
        return body + face.collar
    neck = path(face.skin, "M84 120V146Q84 155 73 158Q100 188 127 158Q116 155 116 146V120Z")
    return body + neck + path(face.shade, "M84 128V138Q100 156 116 138V128Z") + face.collar


def _ears(face: Face) -> str:
    x = 100 - face.half_width - 1
    return both(oval(face.skin, x, 93, 6.5, 9.5) + oval(face.shade, x + 0.5, 94, 3, 5.5))


def _eyes(face: Face) -> str:
    eye = oval(INK, 85, 91, 4.3, 5.2) + oval("#fff", 86.6, 89, 1.5)
    right = oval(INK, 115, 91, 4.3, 5.2) + oval("#fff", 116.6, 89, 1.5)
    lashes = both(line(INK, "M79 89Q84 83.5 90.5 86.5", 2)) if face.lashes else ""
    return f'<g class="eyes"><g class="gaze">{eye}{right}</g>{lashes}</g>'


def _brows(face: Face) -> str:
    return f'<g class="brows">{both(line(face.brows or face.hair, "M77.5 78Q84 73.5 92 76.5", face.brow))}</g>'


def _mouth(face: Face) -> str:
    opening = (
        path("#5a2222", "M86.5 118.5Q100 126 113.5 118.5Q113 137 100 137Q87 137 86.5 118.5Z")
        + path("#fbf6ee", "M89 120Q100 126 111 120Q110 126.5 100 127Q90 126.5 89 120Z")
        + path("#b8584f", "M91.5 133Q100 127.5 108.5 133Q105 137 100 137Q95 137 91.5 133Z")
    )
    lip = line(face.lips, "M85.5 118Q100 127.5 114.5 118", 3)
    return f'<g class="mouth"><g class="opening">{opening}</g>{lip}</g>'


def _nose(face: Face) -> str:
    return line(face.shade, "M100.5 93Q104 101 105 105Q101.5 109 96.5 107.5", 2.6)


def _cheeks(face: Face) -> str:
    return f'<g opacity=".28">{both(oval(face.lips, 77, 107, 7, 5))}</g>'


def person(face: Face) -> str:
    head = "".join(
        (
            _ears(face) if face.ears else "",
            _head(face),
            _cheeks(face),
            face.beard,
            _mouth(face),
            _nose(face),
            _eyes(face),
            face.front,
            _brows(face),
            face.above,
        )
    )
    return f'<g class="head">{face.behind}</g>{_body(face)}<g class="head">{head}</g>'


def light() -> str:
    """Lumina: no person, a friendly light."""
    sky = path("#33456f", "M0 0H200V200H0Z") + circles("#ffe3a3", (36, 70, 2.6), (163, 62, 2), (156, 158, 2.6))
    rings = "".join(
        f'<circle fill="#ffbf86" opacity="{opacity}" cx="100" cy="103" r="{radius}"/>'
        for radius, opacity in ((80, 0.1), (69, 0.16), (59, 0.3))
    )
    orb = (
        circles("#ffcf73", (100, 103, 50))
        + circles("#ffdf98", (99, 101, 43))
        + circles("#ffebbd", (97, 98, 33))
    )
    blush = f'<g opacity=".4">{both(oval("#f2a154", 72, 112, 7, 5))}</g>'
    eyes = "".join(oval("#6b3f10", x, 96, 4.8, 6.6) + oval("#fff", x + 1.6, 93.4, 1.7) for x in (84, 116))
    mouth = path("#c96a1e", "M86 113Q100 121 114 113Q113 134 100 134Q87 134 86 113Z") + oval(
        "#ffe9b8", 100, 128, 7, 4
    )
    lip = line("#96551a", "M85 112.5Q100 122 115 112.5", 3.2)
    return (
        f'{sky}<g class="glow">{rings}</g><g class="head">{orb}{blush}<g class="mouth">'
        f'<g class="opening">{mouth}</g>{lip}</g><g class="eyes"><g class="gaze">{eyes}</g></g></g>'
    )
