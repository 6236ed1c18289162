"""The drawn portraits: seven people and a light, each a handful of parameters for the parts of a face."""

from __future__ import annotations

import functools

from avatars.face_parts import Face, both, circles, light, line, oval, path, person
from avatars.sheets import FACES

VIEW_BOX = "14 17 172 172"


def _lapels(color: str, blouse: str) -> str:
    return path(blouse, "M74 158Q100 188 126 158L120 204H80Z") + both(
        path(color, "M77 155L62 163L70 178L66 181L94 210L100 200L84 176Z")
    )


PEOPLE: dict[str, Face] = {
    "dark-curls": Face(
        ground="#e2965c",
        skin="#d8a27a",
        shade="#bb7f59",
        lips="#a2473f",
        hair="#3b2722",
        clothes="#1f6f6b",
        lashes=True,
        ears=False,
        behind=circles(
            "#3b2722",
            *(
                (100, 60, 33),
                (70, 60, 21),
                (130, 60, 21),
                (84, 46, 18),
                (116, 46, 18),
                (57, 86, 20),
                (143, 86, 20),
            ),
            *(
                (53, 110, 19),
                (147, 110, 19),
                (58, 134, 18),
                (142, 134, 18),
                (76, 128, 15),
                (124, 128, 15),
                (72, 146, 14),
                (128, 146, 14),
            ),
        ),
        collar=_lapels("#185a57", "#f3e6d3"),
        front=path(
            "#3b2722",
            "M60 100C54 60 76 36 104 36C132 36 146 62 140 100C137 84 130 68 115 60"
            "C104 72 80 70 70 82Q63 90 60 100Z",
        )
        + circles("#3b2722", (78, 48, 14), (98, 42, 15), (119, 46, 14), (133, 60, 11), (66, 62, 11)),
    ),
    "short-beard": Face(
        ground="#8a9a5b",
        skin="#e3ae86",
        shade="#c4855d",
        lips="#cf8573",
        hair="#54382a",
        clothes="#f2ebde",
        half_width=37,
        jaw=28,
        chin=141,
        shoulders=82,
        brow=5,
        collar=both(path("#ddd2bf", "M80 153L72 160L90 182L100 174Z"))
        + path("#41617a", "M72 204L76 184Q100 190 124 184L128 204Z")
        + both(line("#41617a", "M77 188L68 160", 6)),
        beard=path(
            "#54382a",
            "M62.5 88C63 122 74 145 100 145C126 145 137 122 137.5 88C135 100 131 107 124 110"
            "C117 109 108 108.5 100 110C92 108.5 83 109 76 110C69 107 65 100 62.5 88Z",
        ),
        front=path(
            "#54382a",
            "M62 86C56 50 72 31 102 30C132 31 144 50 138 86C136 76 134 68 128 60"
            "C112 64 92 60 78 54C68 62 64 74 62 86Z",
        ),
    ),
    "silver-bob": Face(
        ground="#33547a",
        skin="#f0c8a8",
        shade="#d59e7b",
        lips="#b0504b",
        hair="#cfcac4",
        brows="#8b8078",
        clothes="#2f4160",
        lashes=True,
        ears=False,
        behind=path(
            "#b3ada6",
            "M54 118C48 64 60 27 100 26C140 27 152 64 146 118C148 132 130 140 118 132H82C70 140 52 132 54 118Z",
        ),
        collar=_lapels("#243450", "#efe4d6"),
        front=path(
            "#cfcac4",
            "M54 118C48 64 60 27 100 26C140 27 152 64 146 118C146 128 138 132 131 131C137 118 138 104 136 92"
            "C132 76 126 66 115 58C106 70 84 72 70 82C62 96 62 116 69 131C62 132 54 128 54 118Z",
        ),
        above=both(line("#d59e7b", "M72.5 96Q70.5 98 70 100.5", 1.6) + oval("#f6efe4", 66, 112, 3)),
    ),
    "glasses": Face(
        ground="#c97f66",
        skin="#f0cba4",
        shade="#d3a077",
        lips="#ac5b4c",
        hair="#29231f",
        clothes="#5d7350",
        behind=path("#4b5e40", "M52 204C44 160 70 142 100 142C130 142 156 160 148 204Z"),
        collar=both(path("#4b5e40", "M74 155Q60 170 84 186Q92 192 100 192L100 180Q82 174 74 155Z"))
        + both(line("#e9e2d2", "M88 186V198", 2.5)),
        front=path(
            "#29231f",
            "M62 90C54 52 72 27 106 28C138 29 147 56 138 90C137 80 134 72 130 66C120 66 108 62 101 55"
            "C97 64 84 70 71 70C66 76 63 82 62 90Z",
        ),
        above=both(
            '<circle fill="#fff" fill-opacity=".16" stroke="#463a35" stroke-width="2.6" '
            'cx="84.5" cy="91.5" r="12"/>'
        )
        + line("#463a35", "M96.5 90Q100 87 103.5 90", 2.6)
        + both(line("#463a35", "M72.5 89.5L64 87.5", 2.6)),
    ),
    "afro": Face(
        ground="#5f9aa8",
        skin="#86543a",
        shade="#683c27",
        lips="#4a1a18",
        hair="#231a1a",
        clothes="#d79a33",
        lashes=True,
        neckline=False,
        behind=circles(
            "#231a1a",
            *((100, 74, 44), (64, 66, 19), (136, 66, 19), (76, 46, 19), (124, 46, 19), (100, 39, 18)),
            *((56, 84, 16), (144, 84, 16), (60, 102, 12), (140, 102, 12)),
        ),
        collar=path("#683c27", "M84 124V158H116V124Z")
        + path("#c28625", "M81 140Q100 152 119 140L123 166Q100 176 77 166Z"),
        front=path(
            "#231a1a",
            "M62 92C56 54 74 38 100 38C126 38 144 54 138 92C136 76 126 61 100 60C74 61 64 76 62 92Z",
        ),
        above=both('<circle fill="none" stroke="#e9b949" stroke-width="2.6" cx="62" cy="111" r="6.5"/>'),
    ),
    "gray-mustache": Face(
        ground="#5f9a92",
        skin="#b98153",
        shade="#966039",
        lips="#6f3329",
        hair="#a5a09b",
        brows="#8d8883",
        clothes="#7c3b3f",
        half_width=36,
        jaw=26,
        chin=140,
        shoulders=80,
        brow=5,
        collar=path("#7c3b3f", "M60 204L82 160H118L140 204Z")
        + path("#f1ebdf", "M84 158L100 204L116 158L100 176Z")
        + both(path("#fffaf0", "M82 150L73 158L86 184L100 173Z") + line("#5f2b2f", "M80 172L98 206", 3)),
        behind=both(oval("#a5a09b", 66, 78, 9, 23)),
        front=both(path("#a5a09b", "M63.5 96C62 82 64 70 70 60C70 74 69 86 67 97Z"))
        + both(line("#966039", "M90 63Q95 61.5 100 61.5", 1.8)),
        above=path(
            "#a5a09b",
            "M79 118C83 109 94 107 100 111C106 107 117 109 121 118"
            "C113 120 105 118 100 116C95 118 87 120 79 118Z",
        ),
    ),
    "headscarf": Face(
        ground="#d8b25a",
        skin="#e2b48c",
        shade="#c48d64",
        lips="#a44d49",
        hair="#4a332b",
        clothes="#3f4f5f",
        lashes=True,
        neckline=False,
        ears=False,
        behind=path(
            "#6d4166",
            "M100 25C64 25 52 54 54 92C55 124 46 142 30 168V204H170V168"
            "C154 142 145 124 146 92C148 54 136 25 100 25Z",
        ),
        collar=path("#7d4c75", "M56 122Q100 150 144 122Q150 152 172 176V204H28V176Q50 152 56 122Z")
        + line("#6d4166", "M53 148Q104 184 146 136", 3)
        + line("#6d4166", "M84 204Q118 186 140 160", 3),
        front=path(
            "#7d4c75",
            "M54 100C48 52 66 25 100 25C134 25 152 52 146 100C144 136 126 156 100 157C74 156 56 136 54 100Z"
            "M67 94C67 118 81 137 100 137C119 137 133 118 133 94C133 68 122 57 100 57C78 57 67 68 67 94Z",
        )
        + path(
            "#54304f", "M69 80C72 64 82 57 100 57C118 57 128 64 131 80C126 69 116 63 100 63C84 63 74 69 69 80Z"
        )
        + line("#6d4166", "M61 74Q70 40 104 37", 2.6),
    ),
}


@functools.cache
def drawing(name: str) -> str:
    """The SVG of the face of that name; of the first one where there is none."""
    if name == "light":
        ground, inside = "#33456f", light()
    else:
        face = PEOPLE.get(name, PEOPLE[FACES[0]])
        ground, inside = face.ground, person(face)
    return (
        f'<svg viewBox="{VIEW_BOX}" focusable="false"><rect class="ground" fill="{ground}" width="200" '
        f'height="200"/>{inside}</svg>'
    )
