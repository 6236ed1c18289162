"""What people see when something is wrong: in our own style, with a way back, and without the fault's text."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory
from django.views import defaults
from django.views.csrf import csrf_failure

from tests.db.conftest import Cast

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


def assert_it_is_ours(content: bytes, title: str) -> None:
    page = content.decode()
    assert f"<title>{title} · Coachsite</title>" in page
    assert f"<h1>{title}</h1>" in page
    assert '<link rel="stylesheet" href="/static/css/base.css">' in page
    assert '<a class="button" href="/">Back to the scenarios</a>' in page
    assert "secret" not in page


def test_a_page_that_is_not_there(cast: Cast, client: Client, settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    client.force_login(cast.trainee)
    response = client.get("/nowhere/secret/")
    assert response.status_code == 404
    assert "Content-Security-Policy" in response.headers
    assert_it_is_ours(response.content, "There is no such page")


def test_the_admin_is_closed_to_those_who_may_not_see_it(cast: Cast, client: Client, settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/accounts/login/")
    client.force_login(cast.trainee)
    response = client.get("/admin/", follow=True)
    assert (response.status_code, len(response.redirect_chain)) == (403, 1)


def test_a_form_that_is_no_longer_valid(settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    response = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "secret"})
    assert response.status_code == 403
    assert_it_is_ours(response.content, "That took too long")


def test_every_kind_of_error_has_its_page() -> None:
    request = RequestFactory().get("/")
    secret = ValueError("secret")
    pages = {
        "That could not be understood": defaults.bad_request(request, secret),
        "This page is not for you": defaults.permission_denied(request, secret),
        "That took too long": csrf_failure(request, "secret"),
        "There is no such page": defaults.page_not_found(request, secret),
        "Something went wrong here": defaults.server_error(request),
    }
    assert [page.status_code for page in pages.values()] == [400, 403, 403, 404, 500]
    for title, page in pages.items():
        assert_it_is_ours(page.content, title)


@pytest.mark.django_db(databases=[])
def test_the_page_for_our_own_faults_needs_no_database() -> None:
    assert_it_is_ours(defaults.server_error(RequestFactory().get("/")).content, "Something went wrong here")
