"""Which of espeak-ng's voices a wish means."""

from __future__ import annotations

import pytest

from tts_worker.base import VoiceWish
from tts_worker.espeak_voices import FEMALE, MALE, Catalog, Listed

pytestmark = pytest.mark.unit

CATALOG = Catalog(
    [
        Listed("English (Great Britain)", "gmw/en", ((2, "en-gb"), (2, "en"))),
        Listed("English (America)", "gmw/en-US", ((2, "en-us"), (3, "en"))),
        Listed("English (Scotland)", "gmw/en-GB-scotland", ((5, "en-gb-scotland"), (4, "en"))),
        Listed("German", "gmw/de", ((5, "de"),)),
        Listed("Needs files that are not there", "mb/mb-de1", ((1, "de"),)),
    ]
)


@pytest.mark.parametrize(
    ("wish", "identifier"),
    [
        (VoiceWish(), "gmw/en-US"),
        (VoiceWish("en-us+f3"), "gmw/en-US+f3"),
        (VoiceWish("EN-US", speaker="M2"), "gmw/en-US+m2"),
        (VoiceWish("gmw/de"), "gmw/de"),
        (VoiceWish("english (scotland)"), "gmw/en-GB-scotland"),
        (VoiceWish(language="en"), "gmw/en-US"),
        (VoiceWish(language="en_GB"), "gmw/en"),
        (VoiceWish(language="de-AT"), "gmw/de"),
        (VoiceWish("nobody", language="de"), "gmw/de"),
        (VoiceWish("nobody+f2", language="xx"), "gmw/en-US+f2"),
        (VoiceWish("en-us+../../etc/passwd"), "gmw/en-US"),
    ],
)
def test_it_finds_a_voice_for_every_wish(wish: VoiceWish, identifier: str) -> None:
    assert CATALOG.find(wish) == identifier


def test_it_gives_a_name_of_kokoros_a_variant_of_its_gender_that_stays() -> None:
    assert CATALOG.find(VoiceWish("af_heart")).partition("+")[2] in FEMALE
    assert CATALOG.find(VoiceWish("bm_george", language="de")).partition("+")[2] in MALE
    assert CATALOG.find(VoiceWish("af_heart")) == CATALOG.find(VoiceWish("af_heart"))
