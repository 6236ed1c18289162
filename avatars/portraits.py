"""Pictures of avatars: read from an upload, kept as one small WebP, found again together with their avatars."""

from __future__ import annotations

import hashlib
import io
import threading
from typing import BinaryIO, Protocol, TypeVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from accounts.models import Organization
from accounts.scoping import organization_scope
from avatars.models import Portrait

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF")
"""Nothing else is even tried: Pillow also reads formats that run other programs (EPS) or hold many pages."""
MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 24_000_000
MIN_SIDE = 64
SIDE = 512
"""Of the picture that is kept: more than the largest portrait on a page, on a screen of high resolution."""
FROM_TOP = 0.3
"""Where the square is cut from a tall picture: faces are rather at its top."""

_one_at_a_time = threading.Lock()
"""Unpacked, a picture of 24 million pixels takes some 200 MB: many at once would take the process."""

Row = TypeVar("Row", bound=models.Model)


class Upload(Protocol):
    """What is used of Django's ``UploadedFile``."""

    size: int | None

    def read(self, size: int = ..., /) -> bytes: ...


def store_portrait(*, organization: Organization, upload: Upload) -> Portrait:
    """The picture as it is kept: square, small, re-encoded, and nothing else of what was uploaded. The same
    picture twice is one row. Raises ``ValidationError`` that says what is wrong and what to do."""
    return keep_portrait(organization=organization, data=redrawn(read_at_most(upload)))


def redrawn(file: BinaryIO) -> bytes:
    """The picture drawn anew, as :func:`keep_portrait` takes it. The same file gives the same bytes. Raises
    ``ValidationError`` as :func:`store_portrait`."""
    with _one_at_a_time:
        return encode(open_picture(file))


def keep_portrait(*, organization: Organization, data: bytes) -> Portrait:
    """``data`` is what :func:`redrawn` gave."""
    digest = hashlib.sha256(data).hexdigest()
    with organization_scope(organization):
        portrait, _created = Portrait.objects.get_or_create(
            organization=organization, digest=digest, defaults={"data": data}
        )
    return portrait


def drop_unused_portraits(organization: Organization) -> int:
    """Deletes the pictures that no avatar shows; how many."""
    with organization_scope(organization):
        return Portrait.objects.filter(avatars=None).delete()[0]


def with_pictures(rows: models.QuerySet[Row], path: str = "") -> models.QuerySet[Row]:
    """The rows with what ``{% portrait %}`` needs, so that it asks nothing: ``path`` leads from a row to its
    avatar (``"avatar"``, ``"scenario__avatar"``; empty: the rows are avatars). The pictures themselves stay
    where they are."""
    portrait = f"{path}__portrait" if path else "portrait"
    return rows.select_related(portrait).defer(f"{portrait}__data")


def read_at_most(upload: Upload) -> io.BytesIO:
    # Its announced size saves reading it; what is read is what counts.
    data = upload.read(MAX_BYTES + 1) if (upload.size or 0) <= MAX_BYTES else b""
    if len(data) > MAX_BYTES or (upload.size or 0) > MAX_BYTES:
        raise ValidationError(
            _("This picture is larger than 10 MB. Save it smaller, for example 1000 pixels wide."),
            code="too_large",
        )
    return io.BytesIO(data)


def open_picture(data: BinaryIO) -> Image.Image:
    """Its first frame in RGB or RGBA, turned as the camera was held. The size is checked on the header,
    before anything is unpacked."""
    try:
        picture = Image.open(data, formats=FORMATS)
        _check_size(*picture.size)
        # JPEG is decoded at a fraction of its size where that suffices.
        picture.draft("RGB", (SIDE * 2, SIDE * 2))
        picture.load()
        upright = _with_eight_bits(ImageOps.exif_transpose(picture))
        return upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except ValidationError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except UnidentifiedImageError as error:
        raise ValidationError(
            _("This file can't be used as a picture. Use a JPEG, PNG, WebP or AVIF file."), code="no_picture"
        ) from error
    except Exception as error:  # decoders raise what they like: OSError, SyntaxError, struct.error, ...
        raise ValidationError(
            _("This picture is damaged or incomplete. Save it again as JPEG or PNG, and upload that file."),
            code="damaged",
        ) from error


def _with_eight_bits(picture: Image.Image) -> Image.Image:
    """Pillow brings colors of 16 bits down by itself, but cuts off grays: all but black would be white."""
    if not picture.mode.startswith("I"):
        return picture
    return picture.convert("I").point([value >> 8 for value in range(1 << 16)], "L")


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise _too_many_pixels()
    if min(width, height) < MIN_SIDE:
        raise ValidationError(
            _("This picture is too small. Use one of at least 64 by 64 pixels."), code="too_small"
        )


def _too_many_pixels() -> ValidationError:
    return ValidationError(
        _("This picture has more than 24 million pixels. Save it smaller, for example 1000 pixels wide."),
        code="too_many_pixels",
    )


def encode(picture: Image.Image) -> bytes:
    """WebP, square, at most 512 pixels a side; the pixels are copied, and with them goes no metadata."""
    side = min(*picture.size, SIDE)
    square = ImageOps.fit(picture, (side, side), Image.Resampling.LANCZOS, centering=(0.5, FROM_TOP))
    bare = Image.new(square.mode, square.size)
    bare.paste(square)
    out = io.BytesIO()
    bare.save(out, "WEBP", quality=85, method=4)
    return out.getvalue()
