"""Claims about pictures of avatars: what is kept of an upload, who sees it, and what the pages show."""

from __future__ import annotations

import hashlib
import io
import struct
import threading
import zlib

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template import Context, Template
from django.urls import reverse
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from accounts.scoping import organization_scope
from avatars.models import Avatar, Portrait, Scenario
from avatars.portraits import drop_unused_portraits, redrawn, store_portrait, with_pictures
from avatars.sheets import AvatarSheet
from tests.db.conftest import Cast

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

RED, BLUE, GREEN = (200, 30, 30), (30, 30, 200), (30, 160, 30)


@pytest.fixture(autouse=True)
def known_host(settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]


def picture(width: int = 600, height: int = 600, color: tuple[int, ...] = RED) -> Image.Image:
    return Image.new("RGBA" if len(color) == 4 else "RGB", (width, height), color)


def upload(image: Image.Image | bytes, kind: str = "PNG", **options: object) -> SimpleUploadedFile:
    if isinstance(image, bytes):
        return SimpleUploadedFile("picture.png", image)
    out = io.BytesIO()
    image.save(out, kind, **options)
    return SimpleUploadedFile("picture.png", out.getvalue())


def kept(cast: Cast, file: SimpleUploadedFile) -> tuple[bytes, Image.Image]:
    portrait = store_portrait(organization=cast.organization, upload=file)
    data = bytes(portrait.data)
    assert portrait.digest == hashlib.sha256(data).hexdigest()
    return data, Image.open(io.BytesIO(data))


def near(pixel: object, color: tuple[int, ...]) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(one - other) < 16 for one, other in zip(pixel, color, strict=True))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_it_keeps_a_square_webp_of_at_most_512_pixels(cast: Cast, kind: str) -> None:
    _data, image = kept(cast, upload(picture(700, 900), kind))
    assert (image.format, image.size, image.mode) == ("WEBP", (512, 512), "RGB")
    assert near(image.getpixel((256, 256)), RED)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF"])
def test_of_a_moving_picture_it_keeps_the_beginning(cast: Cast, kind: str) -> None:
    file = upload(picture(), kind, save_all=True, append_images=[picture(color=BLUE)])
    _data, image = kept(cast, file)
    assert getattr(image, "n_frames", 1) == 1
    assert near(image.getpixel((256, 256)), RED)


def test_a_small_picture_is_not_blown_up(cast: Cast) -> None:
    assert kept(cast, upload(picture(90, 70)))[1].size == (70, 70)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "CMYK", "1"])
def test_it_reads_every_kind_of_color(cast: Cast, mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    image = picture(100, 100, (255, 255, 255)).convert(mode)
    assert near(kept(cast, upload(image, kind))[1].convert("RGB").getpixel((50, 50)), (255, 255, 255))


@pytest.mark.parametrize("mode", ["RGBA", "P"])
def test_what_is_transparent_stays_transparent(cast: Cast, mode: str) -> None:
    clear = picture(100, 100, (*RED, 0))
    file = upload(clear) if mode == "RGBA" else upload(picture(100, 100).convert("P"), transparency=bytes(256))
    _data, image = kept(cast, file)
    assert (image.mode, image.getchannel("A").getextrema()) == ("RGBA", (0, 0))


def test_sixteen_bits_become_eight(cast: Cast) -> None:
    gray = Image.new("I;16", (100, 100), 0x8000)
    assert near(kept(cast, upload(gray))[1].getpixel((50, 50)), (128, 128, 128))
    color = struct.pack(">HHH", 0xC8FF, 0x1EFF, 0x1EFF)
    rows = zlib.compress((b"\0" + color * 100) * 100)
    assert near(kept(cast, upload(png(100, 100, rows, bits=16)))[1].getpixel((50, 50)), RED)


def test_inks_become_colors(cast: Cast) -> None:
    inks = Image.new("CMYK", (100, 100), (0, 217, 217, 55))
    assert near(kept(cast, upload(inks, "JPEG", quality=95))[1].getpixel((50, 50)), RED)


def test_pictures_are_unpacked_one_after_the_other(cast: Cast) -> None:
    class Watched(io.BytesIO):
        """Goes on when the other is being read, or was not for a while."""

        other: threading.Event

        def __init__(self, data: bytes) -> None:
            super().__init__(data)
            self.begun = threading.Event()
            self.together = False

        def read(self, size: int | None = -1, /) -> bytes:
            if not self.begun.is_set():
                self.begun.set()
                self.together = self.other.wait(0.3)
            return super().read(size)

    data = upload(picture()).read()
    first, second = Watched(data), Watched(data)
    first.other, second.other = second.begun, threading.Event()
    threads = [threading.Thread(target=redrawn, args=[one]) for one in (first, second)]
    threads[0].start()
    assert first.begun.wait(10)
    threads[1].start()
    for thread in threads:
        thread.join()
    assert (first.together, second.begun.is_set()) == (False, True)


def test_a_tall_picture_keeps_more_of_its_top(cast: Cast) -> None:
    image = picture(200, 400)
    ImageDraw.Draw(image).rectangle((0, 0, 200, 50), fill=BLUE)
    ImageDraw.Draw(image).rectangle((0, 270, 200, 400), fill=GREEN)
    _data, image = kept(cast, upload(image))
    assert image.size == (200, 200)
    assert near(image.getpixel((100, 0)), RED)
    assert near(image.getpixel((100, 199)), RED)


def test_where_it_was_taken_is_gone_and_how_the_camera_was_held_is_applied(cast: Cast) -> None:
    image = picture(300, 300)
    ImageDraw.Draw(image).rectangle((0, 0, 300, 150), fill=BLUE)
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: what is on top belongs on the right
    exif[0x010F] = "A camera"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    file = upload(image, "JPEG", exif=exif, comment=b"a secret comment")
    assert b"A camera" in file.read()
    file.seek(0)
    data, image = kept(cast, file)
    assert (dict(image.getexif()), set(image.info) & {"exif", "xmp", "icc_profile", "comment"}) == ({}, set())
    assert [word for word in (b"camera", b"secret", b"EXIF", b"Exif") if word in data] == []
    pixels = image.convert("RGB")
    assert near(pixels.getpixel((280, 150)), BLUE)
    assert near(pixels.getpixel((20, 150)), RED)


def test_a_page_hidden_in_a_picture_is_gone(cast: Cast) -> None:
    notes = PngInfo()
    notes.add_text("Comment", "<script>alert(1)</script>")
    file = upload(picture(), pnginfo=notes)
    data, _image = kept(cast, upload(file.read() + b"<html><script>alert(2)</script>PK\x03\x04"))
    assert [word for word in (b"script", b"html", b"PK\x03") if word in data] == []


def test_the_same_picture_twice_is_kept_once_in_each_organization(cast: Cast) -> None:
    first = store_portrait(organization=cast.organization, upload=upload(picture()))
    again = store_portrait(organization=cast.organization, upload=upload(picture(), "WEBP", lossless=True))
    other = store_portrait(organization=cast.elsewhere, upload=upload(picture()))
    assert (first.pk, first.digest) == (again.pk, other.digest)
    with organization_scope(cast.organization):
        assert list(Portrait.objects.all()) == [first]
    with organization_scope(cast.elsewhere):
        assert list(Portrait.objects.all()) == [other]


def bomb(width: int, height: int) -> bytes:
    """A PNG that is small on disk, and says that it is this large."""
    return png(width, height, zlib.compress(bytes(100_000)))


def png(width: int, height: int, body: bytes, bits: int = 8) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, bits, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def half(image: Image.Image, kind: str) -> bytes:
    data = upload(image, kind).read()
    return data[: len(data) // 2]


NOISE = Image.effect_noise((400, 400), 80)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
GIF = b"GIF89a" + bytes(200)
BAD = {
    "nothing": (b"", "no_picture", "This file can't be used as a picture. Use a JPEG"),
    "a text": (b"hello " * 50, "no_picture", "This file can't be used as a picture. Use a JPEG"),
    "an SVG": (SVG, "no_picture", "This file can't be used as a picture. Use a JPEG"),
    "a GIF": (GIF, "no_picture", "This file can't be used as a picture. Use a JPEG"),
    "a bomb of 25 megapixels": (bomb(5000, 5000), "too_many_pixels", "more than 24 million pixels."),
    "a bomb of 100 megapixels": (bomb(10_000, 10_000), "too_many_pixels", "more than 24 million pixels."),
    "a bomb of 2 gigapixels": (bomb(50_000, 40_000), "too_many_pixels", "more than 24 million pixels."),
    "half a JPEG": (half(NOISE, "JPEG"), "damaged", "damaged or incomplete. Save it again"),
    "half a PNG": (half(NOISE, "PNG"), "damaged", "damaged or incomplete. Save it again"),
    "half a WebP": (half(NOISE, "WEBP"), "damaged", "damaged or incomplete. Save it again"),
    "63 pixels": (upload(picture(63, 300)).read(), "too_small", "too small. Use one of at least 64"),
    "10 MB and a byte": (bytes(10 * 1024 * 1024 + 1), "too_large", "larger than 10 MB. Save it smaller"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_it_says_what_is_wrong_with_a_picture_and_keeps_nothing(cast: Cast, name: str) -> None:
    data, code, words = BAD[name]
    with pytest.raises(ValidationError) as caught:
        store_portrait(organization=cast.organization, upload=upload(data))
    assert caught.value.code == code
    assert words in caught.value.messages[0]
    with organization_scope(cast.organization):
        assert not Portrait.objects.exists()


def test_it_reads_no_more_than_it_takes(cast: Cast) -> None:
    """Whatever size the upload claims to have."""

    class Endless:
        size = 0

        def read(self, size: int = -1, /) -> bytes:
            assert size > 0
            return bytes(size)

    with pytest.raises(ValidationError, match="larger than 10 MB"):
        store_portrait(organization=cast.organization, upload=Endless())


def test_pictures_that_nobody_shows_are_dropped(cast: Cast, scenario: Scenario) -> None:
    shown = store_portrait(organization=cast.organization, upload=upload(picture()))
    store_portrait(organization=cast.organization, upload=upload(picture(color=BLUE)))
    others = store_portrait(organization=cast.elsewhere, upload=upload(picture(color=BLUE)))
    with organization_scope(cast.organization):
        Avatar.objects.update(portrait=shown)
    assert drop_unused_portraits(cast.organization) == 1
    with organization_scope(cast.organization):
        assert list(Portrait.objects.all()) == [shown]
    with organization_scope(cast.elsewhere):
        assert list(Portrait.objects.all()) == [others]


def test_people_of_the_organization_see_a_picture_and_need_to_ask_once_a_day(cast: Cast, client) -> None:
    portrait = store_portrait(organization=cast.organization, upload=upload(picture()))
    address = reverse("avatars:portrait", args=[portrait.digest])
    client.force_login(cast.trainee)
    response = client.get(address)
    assert (response.status_code, response.content) == (200, bytes(portrait.data))
    assert response["Content-Type"] == "image/webp"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["ETag"] == f'"{portrait.digest}"'
    directives = {one.strip() for one in response["Cache-Control"].split(",")}
    assert directives == {"private", "immutable", "max-age=86400"}
    again = client.get(address, headers={"if-none-match": response["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", response["ETag"])
    assert client.post(address).status_code == 405


def test_an_outsider_and_somebody_unknown_see_no_picture(cast: Cast, client) -> None:
    portrait = store_portrait(organization=cast.organization, upload=upload(picture()))
    address = reverse("avatars:portrait", args=[portrait.digest])
    assert client.get(address)["Location"] == f"/accounts/login/?next={address}"
    client.force_login(cast.outsider)
    assert client.get(address).status_code == 404
    assert client.get(address, headers={"if-none-match": f'"{portrait.digest}"'}).status_code == 404


def shown(avatar: Avatar | AvatarSheet, more: str = "") -> str:
    template = Template(f"{{% load portraits %}}{{% portrait avatar {more} %}}")
    return template.render(Context({"avatar": avatar, "address": "/portraits/abc.webp"})).strip()


def test_the_tag_shows_the_picture_or_the_face_and_asks_nothing(
    cast: Cast, scenario: Scenario, django_assert_num_queries
) -> None:
    with organization_scope(cast.organization):
        plain = with_pictures(Avatar.objects.all()).get()
        portrait = store_portrait(organization=cast.organization, upload=upload(picture()))
        Avatar.objects.update(portrait=portrait)
        pictured = with_pictures(Scenario.objects.all(), "avatar").get().avatar
    with django_assert_num_queries(0):
        drawn = shown(plain)
        image = shown(pictured, 'size="small"')
    assert drawn.startswith('<span class="portrait face medium" aria-hidden="true"><svg viewBox=')
    assert image == (
        '<span class="portrait picture small" aria-hidden="true">'
        f'<img src="/portraits/{portrait.digest}.webp" alt="" width="40" height="40"></span>'
    )
    assert "data" in pictured.portrait.get_deferred_fields()


def test_the_tag_takes_a_sheet_and_the_address_of_a_picture() -> None:
    sheet = AvatarSheet("lumina", "Lumina", "You are Lumina.", face="light")
    sign = '<span class="sign"><i></i><i></i><i></i></span></span>'
    drawn = shown(sheet, 'size="large"')
    assert drawn.startswith('<span class="portrait face large" aria-hidden="true"><svg')
    assert drawn.endswith(sign)
    moody = shown(sheet, 'size="large" mood="angry"')
    assert moody == drawn.replace('large"', 'large" data-mood="angry"', 1)
    assert shown(sheet, 'size="large" picture=address') == (
        '<span class="portrait picture large" aria-hidden="true">'
        f'<img src="/portraits/abc.webp" alt="" width="320" height="320">{sign}'
    )
