"""Portraits."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from avatars.models import Portrait


@require_safe
@login_required
def portrait(request: HttpRequest, digest: str) -> HttpResponse:
    """The picture with this digest, for people of its organization. It never changes, but may be taken away: a
    browser keeps it for a day."""
    picture = get_object_or_404(Portrait.objects.defer("data"), digest=digest)
    # Asked only now: whether an outsider's copy is current is none of his business either.
    response = get_conditional_response(request, etag=quote_etag(digest))
    if response is None:
        response = HttpResponse(bytes(picture.data), content_type="image/webp")
    response["ETag"] = quote_etag(digest)
    patch_cache_control(response, private=True, immutable=True, max_age=86_400)
    return response
