"""Claims about signing in, the first page, the admin and the headers of all of them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.test import Client
from django.urls import get_resolver, reverse

from accounts.models import User
from accounts.scoping import organization_scope
from avatars.models import Avatar, Scenario
from memory.models import Conversation
from tests.db.conftest import Cast

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "media-src 'self' blob:; worker-src 'self'; manifest-src 'self'; connect-src 'self' ws://testserver; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)


@pytest.fixture(autouse=True)
def known_host(settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]


def sign_in(client: Client, email: str, password: str, **more: str):
    return client.post(reverse("account_login"), {"login": email, "password": password, **more})


def test_signing_in_leads_to_the_scenarios_of_the_own_organization(
    cast: Cast, scenario: Scenario, client
) -> None:
    response = client.get("/")
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/")
    response = sign_in(client, "Trainee@here.test", "a good secret")
    assert (response.status_code, response["Location"]) == (302, "/")
    page = client.get("/").content.decode()
    assert "A late delivery" in page
    assert "up to 5 min" in page


def test_an_outsider_sees_no_scenario_of_ours(cast: Cast, scenario: Scenario, client) -> None:
    sign_in(client, "outsider@elsewhere.test", "a good secret")
    page = client.get("/").content.decode()
    assert "A late delivery" not in page
    assert "will be here" in page


def test_a_draft_is_not_offered(cast: Cast, scenario: Scenario, client) -> None:
    with organization_scope(cast.organization):
        Scenario.objects.update(status="draft")
    client.force_login(cast.trainee)
    assert "A late delivery" not in client.get("/").content.decode()


def test_a_wrong_password_says_so_and_nothing_about_the_account(cast: Cast, client) -> None:
    texts = []
    for email in ("trainee@here.test", "nobody@here.test"):
        response = sign_in(client, email, "wrong")
        assert response.status_code == 200
        errors = response.context["form"].non_field_errors()
        texts.append([str(error) for error in errors])
    assert texts[0] == texts[1] != []


def test_nobody_signs_up_by_themselves(client) -> None:
    page = client.get(reverse("account_signup")).content.decode()
    assert "<form" not in page.split("<main")[1]
    assert "Accounts are made for you" in page
    before = User.everyone.count()
    client.post(reverse("account_signup"), {"email": "me@here.test", "password1": "quite a secret"})
    assert User.everyone.count() == before


def test_only_the_demo_tells_who_can_sign_in(cast: Cast, client, settings) -> None:
    told = {}
    for demo in (True, False):
        settings.COACH_DEMO = demo
        page = client.get(reverse("account_login")).content.decode()
        told[demo] = [text in page for text in ("This is a demo", "trainee@demo.test", "<code>demo</code>")]
    assert told == {True: [True] * 3, False: [False] * 3}


def test_a_forgotten_password_is_renewed_by_a_link_that_works_once(cast: Cast, client, mailoutbox) -> None:
    reset = reverse("account_reset_password")
    asked = client.post(reset, {"email": "trainee@here.test"}, follow=True).content.decode()
    assert "<h1>Look into your mail</h1>" in asked
    (letter,) = mailoutbox
    link = re.search(r"https?://testserver(/\S+)", letter.body)[1]
    form = client.get(link, follow=True)
    assert "<h1>Choose a new password</h1>" in form.content.decode()
    new = {"password1": "a better secret", "password2": "a better secret"}
    done = client.post(form.redirect_chain[-1][0], new, follow=True).content.decode()
    assert "<h1>Your password is changed</h1>" in done
    assert sign_in(Client(), "trainee@here.test", "a better secret")["Location"] == "/"
    again = Client().get(link, follow=True).content.decode()
    assert "<h1>This link no longer works</h1>" in again
    assert "Send a new link" in again


def test_an_address_that_nobody_has_is_answered_like_any_other(cast: Cast, client) -> None:
    reset = reverse("account_reset_password")
    texts = [
        client.post(reset, {"email": email}, follow=True).content.decode().split("<main")[1]
        for email in ("trainee@here.test", "nobody@here.test")
    ]
    assert texts[0] == texts[1]


def test_a_changed_password_leads_back_to_the_profile(cast: Cast, client) -> None:
    client.force_login(cast.trainee)
    fields = {"oldpassword": "a good secret", "password1": "a better secret", "password2": "a better secret"}
    response = client.post(reverse("account_change_password"), fields)
    assert (response.status_code, response["Location"]) == (302, "/profile/")
    wrong = client.post(reverse("account_change_password"), fields).content.decode()
    assert 'id="id_oldpassword_error"' in wrong


def test_a_second_factor_is_turned_on_and_from_then_on_asked_for(cast: Cast, client) -> None:
    sign_in(client, "trainee@here.test", "a good secret")
    assert "It is off." in client.get("/accounts/2fa/").content.decode()
    asked = client.get("/accounts/2fa/totp/activate/", follow=True)
    assert "<h1>Is it you?</h1>" in asked.content.decode()
    fields = {"password": "a good secret", "next": "/accounts/2fa/totp/activate/"}
    page = client.post("/accounts/reauthenticate/", fields, follow=True).content.decode()
    assert not re.search(r"\s(style|on[a-z]+)=[\"']", page)
    secret = re.search(r'id="authenticator_secret" value="(\w+)"', page)[1]
    wrong = client.post("/accounts/2fa/totp/activate/", {"code": "nothing"}).content.decode()
    assert 'id="id_code_error"' in wrong
    code = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
    codes = client.post("/accounts/2fa/totp/activate/", {"code": code}, follow=True).content.decode()
    assert "10 of 10 are left." in codes
    spare = html.unescape(codes.split("readonly>")[1].split("</textarea>")[0]).split()
    assert len(spare) == 10
    again = Client()
    step = sign_in(again, "trainee@here.test", "a good secret")
    assert "<h1>One more step</h1>" in again.get(step["Location"]).content.decode()
    assert again.post(step["Location"], {"code": spare[0]})["Location"] == "/"
    assert "9 of 10 are left." in client.get("/accounts/2fa/").content.decode()


def test_the_navigation_says_where_one_is_and_offers_what_one_may_open(cast: Cast, client) -> None:
    places = {}
    for person in (cast.trainee, cast.coach, cast.admin):
        client.force_login(person)
        header = client.get("/").content.decode().split("<header")[1].split("</header>")[0]
        assert re.findall(r'<a [^>]*href="([^"]+)"[^>]*aria-current="page"', header) == ["/"]
        assert '<form class="leave" method="post" action="/accounts/logout/">' in header
        places[person.role] = re.findall(r'<a class="quiet[^"]*" href="([^"]+)"', header)
    assert places == {
        "trainee": ["/", "/history/", "/profile/"],
        "coach": ["/", "/history/", "/team/", "/profile/"],
        "admin": ["/", "/history/", "/admin/", "/profile/"],
    }


def test_the_admin_has_no_login_page_of_its_own(cast: Cast, client) -> None:
    response = client.get("/admin/login/?next=/admin/")
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/admin/")


@pytest.mark.parametrize(
    "path",
    [
        "/admin/",
        "/admin/accounts/user/",
        "/admin/accounts/user/add/",
        "/admin/accounts/team/",
        "/admin/accounts/team/add/",
        "/admin/accounts/apitoken/",
        "/admin/accounts/organization/",
        "/admin/avatars/avatar/",
        "/admin/avatars/scenario/",
        "/admin/avatars/scenario/add/",
        "/admin/avatars/knowledgeitem/add/",
        "/admin/avatars/assignment/add/",
        "/accounts/password/change/",
        "/accounts/password/reset/",
        "/accounts/2fa/",
        "/accounts/email/",
        "/accounts/logout/",
        "/accounts/reauthenticate/",
        "/accounts/inactive/",
        "/",
        "/profile/",
    ],
)
def test_every_page_opens_without_anything_inline(cast: Cast, scenario: Scenario, client, path: str) -> None:
    cast.admin.is_superuser = True
    cast.admin.save()
    client.force_login(cast.admin)
    response = client.get(path)
    assert response.status_code == 200
    assert response["Content-Security-Policy"] == CSP
    page = response.content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", page)
    assert not re.search(r"\s(style|on[a-z]+)=[\"']", page)
    assert "elsewhere" not in page


def addresses(patterns: list[Any], before: str = "") -> Iterator[str]:
    """Of all views; where one takes an argument, one that fits."""
    for one in patterns:
        path = before + str(one.pattern)
        if hasattr(one, "url_patterns"):
            yield from addresses(one.url_patterns, path)
        elif not re.search(r"[(^$\\]", path):
            yield "/" + re.sub(
                r"<(?:(\w+):)?\w+>", lambda kind: str(uuid4()) if kind[1] == "uuid" else "1", path
            )


def test_no_page_that_asks_for_a_sign_in_refuses_the_get_that_follows_it(cast: Cast) -> None:
    above = User.everyone.create_superuser("root@here.test", "a good secret", organization=cast.organization)
    refused = set()
    for path in addresses(get_resolver().url_patterns):
        visitor = Client()
        if "/login/" not in visitor.post(path, follow=False).headers.get("Location", ""):
            continue  # whoever is signed out is not led to the sign-in from here
        visitor.force_login(above)
        if visitor.get(path).status_code == 405:
            refused.add(re.sub(r"\d+", "1", path))
    # What a script of the admin asks, which shows a page of nobody.
    assert refused <= {"/admin/avatars/scenario/1/rehearse/turn/"}


def test_the_admin_stays_inside_the_own_organization(cast: Cast, scenario: Scenario, client) -> None:
    cast.outsider.is_staff = cast.outsider.is_superuser = True
    cast.outsider.save()
    client.force_login(cast.outsider)
    assert "trainee@here.test" not in client.get("/admin/accounts/user/").content.decode()
    assert client.get(f"/admin/accounts/user/{cast.trainee.pk}/change/").status_code == 302
    assert client.get(f"/admin/avatars/scenario/{scenario.pk}/change/").status_code == 302
    assert "trainee@here.test" not in client.get("/admin/avatars/assignment/add/").content.decode()


def test_an_avatar_made_in_the_admin_belongs_to_its_makers_organization(cast: Cast, client) -> None:
    cast.admin.is_superuser = True
    cast.admin.save()
    client.force_login(cast.admin)
    fields = {"slug": "new", "name": "New", "persona": "You are new.", "language": "en", "speed": "1"}
    fields |= {"patience_ms": "500", "interrupt_after_ms": "500", "silence_prompt_s": "12"}
    fields |= {"cut_in_after_s": "0", "face": "light"}
    response = client.post("/admin/avatars/avatar/add/", fields)
    assert response.status_code == 302
    with organization_scope(cast.organization):
        assert Avatar.objects.get(slug="new").organization_id == cast.organization.pk


def test_a_person_made_in_the_admin_can_sign_in(cast: Cast, client) -> None:
    cast.admin.is_superuser = True
    cast.admin.save()
    client.force_login(cast.admin)
    fields = {"email": "new@here.test", "preferred_name": "New", "role": "trainee", "usable_password": "true"}
    fields |= {"password1": "quite a secret", "password2": "quite a secret"}
    response = client.post("/admin/accounts/user/add/", fields)
    assert response.status_code == 302, response.context["adminform"].form.errors
    fresh = Client()
    assert sign_in(fresh, "new@here.test", "quite a secret")["Location"] == "/"


def test_nobody_can_read_what_was_said_in_the_admin() -> None:
    from django.contrib import admin

    apps = {model._meta.app_label for model in admin.site._registry}
    assert apps.isdisjoint({"memory", "reports", "keystore"})
    assert not admin.site.is_registered(Conversation)


def test_the_health_page_answers_whom_it_may_concern(client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_the_secret_of_a_second_factor_is_sealed() -> None:
    adapter = get_adapter()
    sealed = adapter.encrypt("SECRET")
    assert "SECRET" not in sealed
    assert adapter.decrypt(sealed) == "SECRET"
