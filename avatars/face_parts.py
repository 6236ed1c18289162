"""The parts of a drawn face, as SVG: flat shapes without ids, styles or scripts. See ``avatars.faces``.

A face is a handful of parameters; :func:`person` puts the parts together from the back to the front. What
lives in it is named by classes and moved by ``static/css/portrait.css``: ``head`` nods, ``eyes`` blink and
glance, ``brows`` lift, and ``opening`` (the inside of the mouth) grows with the custom property ``--mouth``.
How it feels is told by each ``brow``, by the ``lip`` (drawn as a smile, and bent by the mood), by which inside
of the mouth fits below it (``soft``, ``level`` or ``hard``), and by the ``heat`` of a light: it has no brows.
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


def line(stroke: str, d: str, width: float = 2.5, part: str = "") -> str:
    """``part``: its class, if it lives."""
    name = f'class="{part}" ' if part else ""
    return (
        f'<path {name}fill="none" stroke="{stroke}" stroke-width="{width}" stroke-linecap="round" '
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
    brow = line(face.brows or face.hair, "M77.5 78Q84 73.5 92 76.5", face.brow, "brow")
    return f'<g class="brows">{both(brow)}</g>'


def _mouth(face: Face) -> str:
    soft = (
        path("#5a2222", "M86.5 118.5Q100 126 113.5 118.5Q113 137 100 137Q87 137 86.5 118.5Z")
        + path("#fbf6ee", "M89 120Q100 126 111 120Q110 126.5 100 127Q90 126.5 89 120Z")
        + path("#b8584f", "M91.5 133Q100 127.5 108.5 133Q105 137 100 137Q95 137 91.5 133Z")
    )
    level = (
        path("#5a2222", "M87.5 120Q100 119 112.5 120Q112.5 134 100 134Q87.5 134 87.5 120Z")
        + path("#fbf6ee", "M90.5 120.5Q100 119.5 109.5 120.5Q109 123.5 100 123.5Q91 123.5 90.5 120.5Z")
        + path("#b8584f", "M92.5 131.5Q100 127.5 107.5 131.5Q105 134 100 134Q95 134 92.5 131.5Z")
    )
    hard = path(
        "#5a2222", "M89 121.5Q100 117.5 111 121.5Q116 130 113 133Q100 130.5 87 133Q84 130 89 121.5Z"
    ) + path("#fbf6ee", "M91.5 121.5Q100 118.5 108.5 121.5L109.5 124Q100 121.5 90.5 124Z")
    return _mouth_of(soft, level, hard, line(face.lips, "M85.5 118Q100 127.5 114.5 118", 3, "lip"))


def _mouth_of(soft: str, level: str, hard: str, lip: str) -> str:
    inside = f'<g class="soft">{soft}</g><g class="level">{level}</g><g class="hard">{hard}</g>'
    return f'<g class="mouth"><g class="opening">{inside}</g>{lip}</g>'


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
    heat = '<circle class="heat" fill="#e2542b" cx="100" cy="103" r="50"/>'
    soft = path("#c96a1e", "M86 118Q100 126 114 118Q113 139 100 139Q87 139 86 118Z") + oval(
        "#ffe9b8", 100, 133, 7, 4
    )
    level = path("#c96a1e", "M88 120Q100 119 112 120Q112 134 100 134Q88 134 88 120Z")
    hard = path("#b4531a", "M89 121.5Q100 117.5 111 121.5Q115 130 112 133Q100 130.5 88 133Q85 130 89 121.5Z")
    mouth = _mouth_of(soft, level, hard, line("#96551a", "M85 117.5Q100 127 115 117.5", 3.2, "lip"))
    mouth = f'<g transform="translate(0 -5)">{mouth}</g>'  # drawn where a person's is: it bends around that
    return (
        f'{sky}<g class="glow">{rings}</g><g class="head">{orb}{heat}{blush}{mouth}'
        f'<g class="eyes"><g class="gaze">{eyes}</g></g></g>'
    )
