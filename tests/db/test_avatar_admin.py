"""Claims about the admin of avatars and of what they know, and about what of it reaches a conversation."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.test import Client
from PIL import Image
from pydantic_ai.models.test import TestModel

from accounts.scoping import organization_scope
from avatars import llm
from avatars.knowledge import knowledge_for
from avatars.llm import CHOICES, ModelChoice, describe, model_for
from avatars.models import Avatar, KnowledgeItem, Portrait, Scenario
from avatars.publishing import publish, sheet_of
from avatars.scripted import ScriptedModel
from avatars.sheets import FACES
from memory.conversations import load_context, start_conversation
from tests.db.conftest import Cast
from voice.casting import scene_for

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

AVATARS, KNOWLEDGE = "/admin/avatars/avatar/", "/admin/avatars/knowledgeitem/"
FIELDS = {
    "name": "Nell", "slug": "nell", "persona": "You are Nell.", "style": "", "language": "en", "speed": "1",
    "voice": "en-us+f3", "patience_ms": "900", "interrupt_after_ms": "300", "silence_prompt_s": "0",
    "cut_in_after_s": "30", "face": FACES[2], "llm": "",
}  # fmt: skip


@pytest.fixture(autouse=True)
def known_host(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]


@pytest.fixture
def as_admin(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.admin)
    return client


@pytest.fixture
def dana(cast: Cast, scenario: Scenario) -> Avatar:
    with organization_scope(cast.organization):
        return Avatar.objects.get(slug="dana")


@pytest.fixture
def another_model(monkeypatch: pytest.MonkeyPatch) -> ModelChoice:
    choice = ModelChoice("parrot", "A parrot", lambda sheet: TestModel(custom_output_text="Hello."))
    monkeypatch.setattr(llm, "CHOICES", {**CHOICES, "parrot": choice})
    return choice


def picture(color: str = "teal") -> io.BytesIO:
    file = io.BytesIO()
    Image.new("RGB", (400, 300), color).save(file, "PNG")
    file.name = "me.png"
    file.seek(0)
    return file


def of(avatar: Avatar, **changed: Any) -> dict[str, Any]:
    """The change form as a browser would send it."""
    return {name: str(getattr(avatar, name)) for name in FIELDS} | changed


def errors(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 200
    found: dict[str, list[str]] = answer.context["adminform"].form.errors
    return dict(found)


# -- avatars -------------------------------------------------------------------------------------------------


def test_an_avatar_is_made_with_all_that_the_form_says(cast: Cast, as_admin: Client) -> None:
    assert as_admin.post(f"{AVATARS}add/", {**FIELDS, "upload": picture()}).status_code == 302
    with organization_scope(cast.organization):
        made = Avatar.objects.select_related("portrait").get()
    assert of(made) == {**FIELDS, "speed": "1.0"}
    assert made.portrait is not None
    with Image.open(io.BytesIO(bytes(made.portrait.data))) as kept:
        assert (kept.format, kept.width) == ("WEBP", kept.height)


def test_a_picture_is_shown_replaced_and_removed(cast: Cast, as_admin: Client, dana: Avatar) -> None:
    path = f"{AVATARS}{dana.pk}/change/"
    assert 'name="remove"' not in as_admin.get(path).content.decode()
    as_admin.post(path, of(dana, upload=picture()))
    with organization_scope(cast.organization):
        digest = Portrait.objects.get().digest
    assert f"/portraits/{digest}.webp" in as_admin.get(path).content.decode()
    assert f"/portraits/{digest}.webp" in as_admin.get(AVATARS).content.decode()
    as_admin.post(path, of(dana, upload=picture("navy")))
    assert as_admin.get(f"/portraits/{digest}.webp").status_code == 404
    with organization_scope(cast.organization):
        digest = Portrait.objects.get().digest
    assert as_admin.get(f"/portraits/{digest}.webp").status_code == 200
    as_admin.post(path, of(dana, remove="on"))
    dana.refresh_from_db()
    assert dana.portrait_id is None
    assert as_admin.get(f"/portraits/{digest}.webp").status_code == 404


@pytest.mark.parametrize("way", ["page", "list"])
def test_the_picture_goes_with_its_avatar(cast: Cast, as_admin: Client, way: str) -> None:
    as_admin.post(f"{AVATARS}add/", {**FIELDS, "upload": picture()})
    with organization_scope(cast.organization):
        made, digest = Avatar.objects.get(), Portrait.objects.get().digest
    if way == "page":
        as_admin.post(f"{AVATARS}{made.pk}/delete/", {"post": "yes"})
    else:
        fields = {"action": "delete_selected", "_selected_action": [str(made.pk)], "post": "yes"}
        as_admin.post(AVATARS, fields)
    with organization_scope(cast.organization):
        assert not Avatar.objects.exists()
    assert as_admin.get(f"/portraits/{digest}.webp").status_code == 404


def test_a_form_that_is_refused_stores_no_picture(cast: Cast, as_admin: Client) -> None:
    assert list(errors(as_admin.post(f"{AVATARS}add/", {**FIELDS, "speed": "3", "upload": picture()}))) == [
        "speed"
    ]
    with organization_scope(cast.organization):
        assert not Portrait.objects.exists()


def test_what_is_no_picture_is_refused_and_nothing_changes(as_admin: Client, dana: Avatar) -> None:
    file = io.BytesIO(b"<svg onload=alert(1)>")
    file.name = "me.png"
    assert list(errors(as_admin.post(f"{AVATARS}{dana.pk}/change/", of(dana, upload=file)))) == ["upload"]
    dana.refresh_from_db()
    assert dana.portrait_id is None


def test_numbers_that_make_no_conversation_are_refused(as_admin: Client) -> None:
    wrong = {"speed": "3", "patience_ms": "10", "interrupt_after_ms": "0", "cut_in_after_s": "9999"}
    assert set(errors(as_admin.post(f"{AVATARS}add/", {**FIELDS, **wrong}))) == set(wrong)


def test_every_field_says_what_it_does(as_admin: Client, dana: Avatar) -> None:
    form = as_admin.get(f"{AVATARS}{dana.pk}/change/").context["adminform"].form
    assert [name for name, field in form.fields.items() if len(field.help_text) < 40] == ["remove"]


def test_a_language_and_a_model_that_are_not_offered_survive_saving(
    cast: Cast, as_admin: Client, dana: Avatar
) -> None:
    with organization_scope(cast.organization):
        Avatar.objects.filter(pk=dana.pk).update(language="pt-br", llm="gone")
    dana.refresh_from_db()
    path = f"{AVATARS}{dana.pk}/change/"
    assert "gone (not there: the installation" in as_admin.get(path).content.decode()
    assert as_admin.post(path, of(dana, name="Dana B.")).status_code == 302
    dana.refresh_from_db()
    assert (dana.name, dana.language, dana.llm) == ("Dana B.", "pt-br", "gone")


def test_a_change_tells_which_scenarios_to_publish_again(as_admin: Client, dana: Avatar) -> None:
    answer = as_admin.post(f"{AVATARS}{dana.pk}/change/", of(dana, style="Loud."), follow=True)
    assert "publish again: A late delivery." in answer.content.decode()
    dana.refresh_from_db()
    answer = as_admin.post(f"{AVATARS}{dana.pk}/change/", of(dana), follow=True)
    assert "publish again" not in answer.content.decode()


def test_an_avatar_that_plays_somewhere_is_not_deleted(cast: Cast, as_admin: Client, dana: Avatar) -> None:
    page = as_admin.get(f"{AVATARS}{dana.pk}/delete/").content.decode()
    assert "This avatar plays in scenarios" in page
    as_admin.post(f"{AVATARS}{dana.pk}/delete/", {"post": "yes"})
    as_admin.post(AVATARS, {"action": "delete_selected", "_selected_action": [str(dana.pk)], "post": "yes"})
    with organization_scope(cast.organization):
        assert Avatar.objects.filter(pk=dana.pk).exists()


# -- its model -----------------------------------------------------------------------------------------------


def test_an_avatar_is_played_by_the_model_it_names(
    scenario: Scenario, dana: Avatar, as_admin: Client, another_model: ModelChoice
) -> None:
    page = as_admin.get(f"{AVATARS}{dana.pk}/change/").content.decode()
    assert '<option value="parrot">A parrot</option>' in page
    assert as_admin.post(f"{AVATARS}{dana.pk}/change/", of(dana, llm="parrot")).status_code == 302
    scenario.avatar.refresh_from_db()
    sheet = sheet_of(scenario)
    assert isinstance(model_for(sheet), TestModel)
    assert (describe(sheet).title, describe().name) == ("A parrot", "scripted")
    assert "A parrot" in as_admin.get(AVATARS).content.decode()


def test_a_model_that_is_not_there_is_replaced_by_the_installations(scenario: Scenario) -> None:
    scenario.avatar.llm = "gone"
    sheet = sheet_of(scenario)
    assert isinstance(model_for(sheet), ScriptedModel)
    assert describe(sheet) == describe()


# -- what it knows -------------------------------------------------------------------------------------------


def test_knowledge_reaches_the_prompt_of_whom_it_is_for(cast: Cast, scenario: Scenario, dana: Avatar) -> None:
    with organization_scope(cast.organization):
        other = Avatar.objects.create(organization=cast.organization, slug="x", name="X", persona="You are X.")
        for avatar, title in ((None, "Prices"), (dana, "Returns"), (other, "Secrets")):
            KnowledgeItem.objects.create(
                organization=cast.organization, avatar=avatar, title=title, text="a </knowledge>\nb"
            )
    with organization_scope(cast.elsewhere):
        KnowledgeItem.objects.create(organization=cast.elsewhere, title="Theirs", text="not ours")
    conversation = start_conversation(trainee=cast.trainee, scenario_slug=scenario.slug)
    prompt = scene_for(load_context(conversation_id=conversation.pk)).prompt()
    fenced = prompt.split("<knowledge>\n")[1].split("\n</knowledge>")[0]
    assert fenced == "- Returns: a ‹/knowledge› b\n- Prices: a ‹/knowledge› b"
    assert knowledge_for(organization=cast.elsewhere, avatar_slug="dana") == ("Theirs: not ours",)


def test_an_item_is_as_long_as_an_avatar_can_take_in(cast: Cast, as_admin: Client) -> None:
    found = errors(as_admin.post(f"{KNOWLEDGE}add/", {"title": "Returns", "text": "x" * 1000}))
    assert found == {"text": ["9 letters too many for one item: split it into two."]}
    assert as_admin.post(f"{KNOWLEDGE}add/", {"title": "Returns", "text": "x" * 991}).status_code == 302
    with organization_scope(cast.organization):
        assert KnowledgeItem.objects.get().organization == cast.organization
    page = as_admin.get(KNOWLEDGE).content.decode()
    assert "every avatar" in page
    assert f"{'x' * 90}…" in page


def test_a_published_version_keeps_the_avatar_it_was_published_with(
    cast: Cast, as_admin: Client, scenario: Scenario, dana: Avatar
) -> None:
    as_admin.post(f"{AVATARS}{dana.pk}/change/", of(dana, patience_ms="1200"))
    conversation = start_conversation(trainee=cast.trainee, scenario_slug=scenario.slug)
    assert load_context(conversation_id=conversation.pk).sheet.avatar.turn_taking.patience_ms == 700
    scenario.avatar.refresh_from_db()
    publish(scenario=scenario)
    conversation = start_conversation(trainee=cast.trainee, scenario_slug=scenario.slug)
    assert load_context(conversation_id=conversation.pk).sheet.avatar.turn_taking.patience_ms == 1200
