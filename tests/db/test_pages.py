"""Claims about signing in, the first page, the admin and the headers of all of them."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.adapter import get_adapter
from django.test import Client
from django.urls import reverse

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
    assert "manage.py talk late-delivery --say FILE.wav --as trainee@here.test" in page


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
