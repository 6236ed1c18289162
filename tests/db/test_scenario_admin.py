"""Claims about writing scenarios in the admin."""

from __future__ import annotations

import base64
import dataclasses
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models import BooleanField, QuerySet, Value
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_scopes import scopes_disabled
from PIL import Image

from accounts.scoping import organization_scope
from avatars.admin import files, scenarios
from avatars.demo import SHEETS
from avatars.exchange import LARGEST_FILE, export
from avatars.models import Assignment, Avatar, Criterion, Portrait, Scenario, ScenarioVersion, ScriptLine
from avatars.portraits import store_portrait
from avatars.publishing import current_version, import_sheet, publish, sheet_of
from memory.conversations import start_conversation
from memory.models import Conversation, Turn
from memory.usage import rehearsed_since
from tests.db.conftest import SHEET, Cast

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

LIST = "/admin/avatars/scenario/"


@pytest.fixture(autouse=True)
def known_host(settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]


@pytest.fixture
def admin(cast: Cast) -> Client:
    cast.admin.is_superuser = True
    cast.admin.save()
    client = Client()
    client.force_login(cast.admin)
    return client


@pytest.fixture
def stranger(cast: Cast) -> Client:
    """An admin of another organization."""
    cast.outsider.is_staff = cast.outsider.is_superuser = True
    cast.outsider.save()
    client = Client()
    client.force_login(cast.outsider)
    return client


def page_of(scenario: Scenario, name: str = "change") -> str:
    return f"{LIST}{scenario.pk}/{name}/"


def filled(client: Client, scenario: Scenario) -> dict[str, Any]:
    """What the browser would send if nothing was changed."""
    response = client.get(page_of(scenario))
    assert response.status_code == 200
    forms = [response.context["adminform"].form]
    for inline in response.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    fields: dict[str, Any] = {}
    for form in forms:
        for bound in form:
            value = bound.value()
            fields[bound.html_name] = "" if value is None or value is False else value
    return {name: value for name, value in fields.items() if not (name.endswith("DELETE") and not value)}


def stored(scenario: Scenario) -> Scenario:
    with scopes_disabled():
        return Scenario.objects.select_related("avatar", "organization").get(pk=scenario.pk)


def messages_of(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def errors_of(response: Any) -> dict[str, list[str]]:
    errors = {name: list(texts) for name, texts in response.context["adminform"].form.errors.items()}
    for inline in response.context["inline_admin_formsets"]:
        for form in inline.formset.forms:
            errors |= {form.add_prefix(name): list(texts) for name, texts in form.errors.items()}
    return errors


# -- the form -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sheet", [SHEET, *SHEETS], ids=lambda sheet: sheet.slug)
def test_saving_without_a_change_changes_nothing(cast: Cast, admin: Client, sheet: Any) -> None:
    scenario = import_sheet(organization=cast.organization, sheet=sheet)
    publish(scenario=scenario)
    before = sheet_of(scenario)
    response = admin.post(page_of(scenario), filled(admin, scenario), follow=True)
    assert messages_of(response)[0].endswith("was changed successfully.")
    assert sheet_of(stored(scenario)) == before
    assert publish(scenario=stored(scenario)).number == 1


def test_lists_are_written_one_per_line_or_with_commas(cast: Cast, admin: Client, scenario: Scenario) -> None:
    fields = filled(admin, scenario)
    assert (fields["objectives"], fields["hot_words"], fields["lines-0-cues"]) == (
        "listen\noffer a date",
        "whatever",
        "tomorrow, next week",
    )
    assert fields["targets"] == "talk_ratio: 0.3 to 0.5\nspeech_rate: up to 175"
    fields |= {"objectives": "one\n\ntwo, three", "hot_words": "policy, no", "lines-0-cues": "soon,\nlater"}
    fields |= {"lines-0-moods": ["angry", "calm"], "targets": "questions: at least 3"}
    fields |= {"criteria-0-evidence": "I see, yes\r\nOkay", "brief": "One.\r\nTwo.", "lines-1-text": "A.\r\nB."}
    admin.post(page_of(scenario), fields)
    sheet = sheet_of(stored(scenario))
    assert (sheet.brief, sheet.lines[1].text) == ("One.\nTwo.", "A.\nB.")
    assert (sheet.objectives, sheet.hot_words) == (("one", "two, three"), ("policy", "no"))
    assert (sheet.lines[0].cues, sheet.lines[0].moods) == (("soon", "later"), ("calm", "angry"))
    assert sheet.criteria[0].evidence == ("I see, yes", "Okay")
    assert [dataclasses.astuple(one) for one in sheet.targets] == [("questions", 3, None)]


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(admin: Client, scenario: Scenario) -> None:
    fields = filled(admin, scenario)
    fields |= {"title": "New title", "targets": "talk: up to 1", "lines-0-heat": "9", "lines-1-text": ""}
    fields |= {"_publish": "1"}
    response = admin.post(page_of(scenario), fields)
    assert response.status_code == 200
    errors = errors_of(response)
    assert list(errors) == ["targets", "lines-0-heat", "lines-1-text"]
    assert errors["targets"][0].startswith(
        "Line 1, “talk: up to 1”: there is no metric “talk”; do you mean talk_ratio?"
    )
    assert errors["lines-0-heat"] == ["3 at most"]
    again = response.context["adminform"].form
    assert (again["title"].value(), again["targets"].value()) == ("New title", "talk: up to 1")
    assert sheet_of(stored(scenario)) == SHEET
    with scopes_disabled():
        assert ScenarioVersion.objects.count() == 1


def test_a_short_name_that_is_taken_is_refused_with_the_owner(cast: Cast, admin: Client, scenario) -> None:
    other = dataclasses.replace(SHEET, slug="other", title="The other one")
    import_sheet(organization=cast.organization, sheet=other)
    import_sheet(organization=cast.elsewhere, sheet=dataclasses.replace(SHEET, slug="free"))
    fields = filled(admin, scenario)
    response = admin.post(page_of(scenario), fields | {"slug": "other"})
    assert errors_of(response) == {"slug": ["“The other one” has this short name already. Choose another one."]}
    assert admin.post(page_of(scenario), fields | {"slug": "free"}).status_code == 302


def test_a_new_line_gets_the_next_place_and_rows_follow_their_numbers(admin: Client, scenario) -> None:
    fields = filled(admin, scenario)
    assert [fields["lines-0-position"], fields["lines-1-position"]] == [1, 2]
    fields |= {"lines-TOTAL_FORMS": 4, "lines-0-position": "7"}
    new = {"cues": "", "kind": "reply", "heat": "0", "position": ""}
    fields |= {f"lines-2-{name}": value for name, value in {**new, "text": "The third."}.items()}
    # Added by a slip and left empty: its number alone makes no line of it.
    fields |= {f"lines-3-{name}": value for name, value in {**new, "text": "", "position": "4"}.items()}
    assert admin.post(page_of(scenario), fields).status_code == 302
    with scopes_disabled():
        rows = list(ScriptLine.objects.filter(scenario=scenario).values_list("position", "text"))
    assert rows == [(1, "I am waiting."), (2, "When then?"), (3, "The third.")]


def test_a_criterion_without_a_short_name_gets_one_of_its_title(admin: Client, scenario: Scenario) -> None:
    fields = filled(admin, scenario) | {"criteria-TOTAL_FORMS": 2}
    new = {"title": "Named a time", "question": "Was a time named?", "weight": "1"}
    fields |= {f"criteria-1-{name}": value for name, value in new.items()}
    assert admin.post(page_of(scenario), fields).status_code == 302
    with scopes_disabled():
        assert list(Criterion.objects.values_list("position", "slug")) == [(1, "listens"), (2, "named-a-time")]


def test_a_new_scenario_belongs_to_its_makers_organization(cast: Cast, admin: Client, scenario) -> None:
    page = admin.get(f"{LIST}add/").content.decode()
    assert "Who plays the other side" in page
    fields = {"title": "New", "slug": "new", "avatar": scenario.avatar_id, "language": "en", "brief": "Try."}
    fields |= {"time_limit_s": "60", "start_mood": "calm"}
    for prefix in ("lines", "criteria"):
        fields |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
    assert admin.post(f"{LIST}add/", fields).status_code == 302
    with scopes_disabled():
        made = Scenario.objects.get(slug="new")
    assert (made.organization_id, made.status) == (cast.organization.pk, "draft")


# -- what is done with one ------------------------------------------------------------------------------------


def test_publishing_saves_first_and_says_which_version(admin: Client, scenario: Scenario) -> None:
    fields = filled(admin, scenario)
    response = admin.post(page_of(scenario), fields | {"_publish": "1"}, follow=True)
    said = "“A late delivery”: nothing changed since version 1. It stays."
    assert messages_of(response)[0] == said
    response = admin.post(page_of(scenario), fields | {"title": "Late", "_publish": "1"}, follow=True)
    assert messages_of(response) == [
        "“Late”: version 2 is what runs now.",
        "A closing line is missing, good or bad: the scene would end with a plain goodbye.",
    ]
    newest = current_version(stored(scenario))
    assert newest is not None
    assert (newest.number, newest.sheet["title"]) == (2, "Late")


def test_what_changed_since_publishing_is_seen_on_both_pages(admin: Client, scenario: Scenario) -> None:
    badge = "draft differs from v1"
    assert badge not in admin.get(LIST).content.decode() + admin.get(page_of(scenario)).content.decode()
    with scopes_disabled():
        ScriptLine.objects.filter(scenario=scenario, position=0).update(text="And when?")
    assert badge in admin.get(LIST).content.decode()
    assert badge in admin.get(page_of(scenario)).content.decode()
    assert badge in admin.get(page_of(scenario, "prompt")).content.decode()


def test_archiving_and_restoring(admin: Client, scenario: Scenario) -> None:
    for act, status in (("_archive", "archived"), ("_restore", "draft")):
        admin.post(page_of(scenario), filled(admin, scenario) | {act: "1"})
        assert stored(scenario).status == status
    for act, status in (("archive_selected", "archived"), ("restore_selected", "draft")):
        admin.post(LIST, {"action": act, "_selected_action": [scenario.pk]})
        assert stored(scenario).status == status


def test_a_duplicate_is_a_draft_of_its_own(cast: Cast, admin: Client, scenario: Scenario) -> None:
    for title, slug in (
        ("A late delivery (copy)", "late-delivery-copy"),
        ("A late delivery (copy)", "late-delivery-copy-2"),
    ):
        fields = filled(admin, scenario) | {"_duplicate": "1"}
        response = admin.post(page_of(scenario), fields, follow=True)
        with scopes_disabled():
            copy = Scenario.objects.select_related("avatar").get(slug=slug)
        assert response.redirect_chain == [(page_of(copy), 302)]
        assert sheet_of(copy) == dataclasses.replace(SHEET, slug=slug, title=title)
        assert (copy.status, copy.avatar_id, current_version(copy)) == ("draft", scenario.avatar_id, None)
    assert sheet_of(stored(scenario)) == SHEET


def test_what_was_published_can_not_be_deleted(admin: Client, scenario: Scenario) -> None:
    assert admin.get(page_of(scenario, "delete")).status_code == 403
    admin.post(LIST, {"action": "delete_selected", "_selected_action": [scenario.pk], "post": "yes"})
    assert stored(scenario).pk == scenario.pk


# -- prompt and rehearsal -------------------------------------------------------------------------------------


def test_the_prompt_is_shown_as_it_is(cast: Cast, admin: Client, scenario: Scenario) -> None:
    response = admin.get(page_of(scenario, "prompt"))
    prompt = response.context["prompt"]
    for part in ("You are Dana.", "The parcel is lost.", "<organization>\n- We sell lamps.", "Alex"):
        assert part in prompt
    assert "Tess" not in prompt
    assert "The parcel is lost." in response.content.decode()
    assert "same as v1" in response.content.decode()


def turn(client: Client, scenario: Scenario, history: Any, **more: Any) -> Any:
    return client.post(
        page_of(scenario, "rehearse") + "turn/", {"history": history}, content_type="application/json", **more
    )


def test_a_rehearsal_says_which_line_fires_and_why(admin: Client, scenario: Scenario) -> None:
    assert admin.get(page_of(scenario, "rehearse")).status_code == 200
    opening = turn(admin, scenario, []).json()["answer"]
    assert (opening["text"], opening["line"], opening["number"]) == ("Where is it?", "Opening line", None)
    history = [["avatar", "Where is it?"], ["trainee", "I understand. Tomorrow, I hope."]]
    answer = turn(admin, scenario, history).json()["answer"]
    assert answer == {
        "text": "When then?",
        "line": "Line 1 · question",
        "number": 1,
        "why": answer["why"],
        "cues": ["tomorrow"],
        "mood": "neutral",
        "mood_level": "neutral",
        "moods": "tense → neutral",
        "met": ["listens"],
        "ends": False,
    }
    assert answer["why"].startswith("Its cues fit best (")


def test_a_rehearsal_plays_the_draft(admin: Client, scenario: Scenario) -> None:
    with scopes_disabled():
        ScriptLine.objects.filter(scenario=scenario, text="When then?").update(cues=["pigeon"])
        Scenario.objects.filter(pk=scenario.pk).update(opening_line="")
    assert turn(admin, scenario, []).json() == {"answer": None}
    answer = turn(admin, scenario, [["trainee", "By pigeon"]]).json()["answer"]
    assert (answer["text"], answer["cues"]) == ("When then?", ["pigeon"])


@pytest.mark.parametrize(
    ("history", "problem"),
    [
        ("x", "The page sent something that is no rehearsal. Load it again."),
        (7, "The page sent something that is no rehearsal. Load it again."),
        ([["coach", "Hi"]], "The page sent something that is no rehearsal. Load it again."),
        ([["trainee", 7]], "The page sent something that is no rehearsal. Load it again."),
        ([["trainee", "x" * 2001]], "2000 letters at most for one turn."),
        ([["trainee", "x"]] * 121, "This rehearsal is too long to go on. Start again."),
        ([["trainee", "x" * 2000]] * 200, "This rehearsal is too long to go on. Start again."),
    ],
)
def test_a_rehearsal_has_its_limits(admin: Client, scenario: Scenario, history: Any, problem: str) -> None:
    response = turn(admin, scenario, history)
    assert (response.status_code, response.json()) == (400, {"error": problem})


def test_a_turn_needs_the_page_s_token(cast: Cast, admin: Client, scenario: Scenario) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.admin)
    assert turn(strict, scenario, []).status_code == 403
    assert admin.get(page_of(scenario, "rehearse") + "turn/").status_code == 405


# -- files ----------------------------------------------------------------------------------------------------


def upload(client: Client, content: Any, **more: Any) -> Any:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return client.post(f"{LIST}import/", {"file": SimpleUploadedFile("s.json", data)}, **more)


def picture(color: str = "teal", side: int = 64) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), color).save(out, "WEBP")
    return out.getvalue()


def with_portrait(cast: Cast, scenario: Scenario) -> None:
    with scopes_disabled():
        portrait = Portrait.objects.create(organization=cast.organization, digest="0" * 64, data=picture())
        Avatar.objects.filter(pk=scenario.avatar_id).update(portrait=portrait)


def test_a_scenario_goes_through_a_file(cast: Cast, admin: Client, stranger: Client, scenario) -> None:
    with_portrait(cast, scenario)
    response = admin.get(page_of(scenario, "export"))
    assert response["Content-Disposition"] == 'attachment; filename="late-delivery.coachsite.json"'
    assert list(response.json()) == ["format", "format_version", "scenario", "portrait_webp"]
    there = upload(stranger, response.content, follow=True)
    assert messages_of(there) == ["“A late delivery” is here as a draft, played by Dana."]
    with organization_scope(cast.elsewhere):
        made = Scenario.objects.select_related("avatar__portrait").get()
    assert there.redirect_chain == [(page_of(made), 302)]
    assert (sheet_of(made), made.status) == (SHEET, "draft")
    assert made.avatar.portrait is not None
    assert bytes(made.avatar.portrait.data)[8:12] == b"WEBP"


def test_a_file_that_is_imported_again_brings_no_avatar_again(
    cast: Cast, admin: Client, stranger: Client, scenario: Scenario
) -> None:
    with_portrait(cast, scenario)
    content = export(stored(scenario))
    for _time in range(3):
        upload(stranger, content)
    with organization_scope(cast.elsewhere):
        assert list(Avatar.objects.values_list("slug", flat=True)) == ["dana"]
        assert (Scenario.objects.count(), Portrait.objects.count()) == (3, 1)


def test_a_picture_in_a_file_is_decoded_as_an_uploaded_one(cast: Cast, stranger: Client, scenario) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (90, 70), (200, 30, 30, 0)).save(out, "WEBP", lossless=True)
    upload(stranger, changed() | {"portrait_webp": base64.b64encode(out.getvalue()).decode()})
    with organization_scope(cast.elsewhere):
        (kept,) = Portrait.objects.all()
    with Image.open(io.BytesIO(bytes(kept.data))) as image:
        assert (image.size, image.mode) == ((70, 70), "RGBA")
    with organization_scope(cast.elsewhere):
        uploaded = store_portrait(organization=cast.elsewhere, upload=SimpleUploadedFile("x", out.getvalue()))
    assert uploaded == kept


def test_importing_overwrites_nothing(cast: Cast, admin: Client, scenario: Scenario) -> None:
    with_portrait(cast, scenario)
    content = export(stored(scenario))
    response = upload(admin, content, follow=True)
    assert messages_of(response)[0].endswith("Its short name was taken; it is late-delivery-copy.")
    with organization_scope(cast.organization):
        Avatar.objects.update(persona="Edited.")
        assert list(Avatar.objects.values_list("slug", flat=True)) == ["dana"]  # it was the same
    upload(admin, content)
    with organization_scope(cast.organization):
        assert list(Avatar.objects.values_list("slug", "persona").order_by("slug")) == [
            ("dana", "Edited."),
            ("dana-copy", "You are Dana."),
        ]
        slugs = Scenario.objects.values_list("slug", "avatar__slug").order_by("slug")
        assert list(slugs) == [
            ("late-delivery", "dana"),
            ("late-delivery-copy", "dana"),
            ("late-delivery-copy-2", "dana-copy"),
        ]
    assert current_version(stored(scenario)) is not None


def changed(**changes: Any) -> dict[str, Any]:
    sheet = json.loads(json.dumps(SHEET.to_json()))
    return {"format": "coachsite.scenario", "format_version": 1, "scenario": sheet | changes}


AVATAR = SHEET.to_json()["avatar"]


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        (b"not json", ["This is not JSON: choose the file as it was exported."]),
        (b'{"a": NaN}', ["This is not JSON: choose the file as it was exported."]),
        (b"[" * 100_000, ["This is not JSON: choose the file as it was exported."]),
        (b"\xff\xfe", ["This is not JSON: choose the file as it was exported."]),
        (b" " * (LARGEST_FILE + 1), ["The file is larger than 2 MB. A scenario is much smaller than that."]),
        (b"", ["This file is empty."]),
        ({}, ["This is JSON, but no scenario that was exported here."]),
        ([], ["This is JSON, but no scenario that was exported here."]),
        (changed() | {"format_version": 2},
         ["The file has another format version than 1: it comes from another version of Coachsite."]),
        (changed() | {"more": 1}, ["“more” is not known here."]),
        ({"format": "coachsite.scenario", "format_version": 1}, ["“scenario” is missing."]),
        (changed(title=None), ["scenario.title: text is needed."]),
        (changed(lines=[{}]), ["scenario.lines[1]: “text” is missing."]),
        (changed(lines=[{"text": "Hi", "heat": 4}]), ["scenario.lines[1].heat: from -3 to 3."]),
        (changed(lines=[{"text": "Hi", "cues": ["x"] * 101}]),
         ["scenario.lines[1].cues: 100 entries at most, of 300 letters each."]),
        (changed(time_limit_s=5),
         ["scenario.time_limit_s: Ensure this value is greater than or equal to 30."]),
        (changed(avatar=AVATAR | {"speed": 9.0, "face": "blue"}),
         ["scenario.avatar.speed: Ensure this value is less than or equal to 2.0.",
          "scenario.avatar.face: Value 'blue' is not a valid choice."]),
        (changed(slug="../x"),
         ["scenario.slug: Enter a valid “slug” consisting of letters, numbers, underscores or hyphens."]),
        (changed(targets=[{"metric": "questions", "low": 3, "high": 2}]),
         ["scenario.targets[1]: the first number is above the second."]),
        (changed(criteria=[{"slug": "a", "title": "A", "question": "?"}] * 2),
         ["scenario.criteria: two have the same short name."]),
        (changed() | {"portrait_webp": "x"}, ["portrait_webp: this is no picture of an avatar."]),
        (changed() | {"portrait_webp": base64.b64encode(b"<svg/>").decode()},
         ["portrait_webp: This file can't be used as a picture. Use a JPEG, PNG, WebP or AVIF file."]),
        (changed() | {"portrait_webp": base64.b64encode(picture(side=63)).decode()},
         ["portrait_webp: This picture is too small. Use one of at least 64 by 64 pixels."]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_said(cast: Cast, admin: Client, content: Any, problems: Any) -> None:
    response = upload(admin, content)
    assert response.status_code == 200
    assert list(response.context["form"].errors["file"]) == problems
    with scopes_disabled():
        assert (Scenario.objects.count(), Avatar.objects.count()) == (0, 0)


# -- lists ----------------------------------------------------------------------------------------------------


def copies(cast: Cast, first: int, last: int) -> None:
    for number in range(first, last):
        avatar = dataclasses.replace(SHEET.avatar, slug=f"dana-{number}")
        sheet = dataclasses.replace(SHEET, slug=f"s{number}", title=f"Scene {number}", avatar=avatar)
        scenario = import_sheet(organization=cast.organization, sheet=sheet)
        publish(scenario=scenario)
        with organization_scope(cast.organization):
            Scenario.objects.filter(pk=scenario.pk).update(title=f"Changed {number}")
            Assignment.objects.create(
                organization=cast.organization, scenario=scenario, trainee=cast.trainee, assigned_by=cast.coach
            )
        publish(scenario=Scenario.objects.with_scopes_disabled().get(pk=scenario.pk))


@pytest.mark.parametrize("path", [LIST, "/admin/avatars/assignment/"])
def test_thirty_rows_need_no_more_queries_than_three(cast: Cast, admin: Client, path: str) -> None:
    copies(cast, 0, 3)
    admin.get(path)
    with CaptureQueriesContext(
        connection,
    ) as few:
        page = admin.get(path)
    assert page.context["cl"].result_count == 3
    copies(cast, 3, 30)
    with CaptureQueriesContext(connection) as many:
        page = admin.get(path)
    assert page.context["cl"].result_count == 30
    # The filter "by avatar" or "by scenario" asks once for all of them.
    assert len(many) == len(few)


def test_the_history_says_what_was_done_in_the_language_of_the_pages(
    cast: Cast, admin: Client, scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (files, scenarios):
        monkeypatch.setattr(module, "_now", lambda text: f"In translation: {text}")
    fields = filled(admin, scenario) | {"title": "A later delivery"}
    for button in ("_publish", "_archive", "_restore", "_duplicate"):
        admin.post(page_of(scenario), fields | {button: "1"})
    upload(admin, export(stored(scenario)))
    noted = [one.get_change_message() for one in LogEntry.objects.order_by("pk")]
    assert [one.removeprefix("In translation: ") for one in noted if one.startswith("In translation")] == [
        "Published as version 2.",
        "Status: archived.",
        "Status: draft.",
        "Duplicated from late-delivery.",
        "Imported from a file.",
    ]


def test_the_list_counts_what_belongs_to_a_scenario(cast: Cast, admin: Client, scenario: Scenario) -> None:
    start_conversation(trainee=cast.trainee, scenario_slug=scenario.slug)
    copies(cast, 0, 1)
    listed = admin.get(LIST).context["cl"].result_list
    model = admin.get(LIST).context["cl"].model_admin
    rows = [
        (one.title, model.line_count(one), model.criterion_count(one), model.length(one), model.runs(one))
        for one in listed
    ]
    assert rows == [("A late delivery", 2, 1, 5, 1), ("Changed 0", 2, 1, 5, 0)]
    page = admin.get(f"{LIST}?q=Dana&status__exact=published&language=en").context["cl"]
    assert page.result_count == 2
    assert admin.get(f"{LIST}?q=nothing").context["cl"].result_count == 0


def test_an_assignment_is_done_once_it_was_rehearsed_since(cast: Cast, admin: Client, scenario) -> None:
    path = "/admin/avatars/assignment/"
    fields = {"scenario": scenario.pk, "trainee": cast.trainee.pk, "due_on": "2030-01-01"}
    assert admin.post(f"{path}add/", fields).status_code == 302
    with scopes_disabled():
        made = Assignment.objects.get()
    assert (made.assigned_by, made.organization_id) == (cast.admin, cast.organization.pk)

    def done() -> bool:
        (listed,) = admin.get(path).context["cl"].result_list
        with organization_scope(cast.organization):
            assert rehearsed_since(Assignment.objects.all()) == ({made.pk} if listed.is_done else set())
        return bool(listed.is_done)

    def held(**fields: Any) -> Any:
        with scopes_disabled():
            return Conversation.objects.filter(pk=talk.pk).update(**fields)

    assert not done()
    talk = start_conversation(trainee=cast.trainee, scenario_slug=scenario.slug)
    ended = {"status": "ended", "ended_at": timezone.now()}
    held(**ended)
    assert not done()  # nobody said anything
    with organization_scope(cast.organization):
        turn = {"kind": "speech", "text": "Hello", "started_ms": 0, "ended_ms": 900, "conversation": talk}
        Turn.objects.bulk_create([Turn(seq=0, speaker="avatar", **turn)])
        assert not done()  # but the avatar
        Turn.objects.bulk_create([Turn(seq=1, speaker="trainee", **turn)])
    assert done()
    held(status="interrupted")
    assert not done()
    held(**ended, started_at=made.created_at - timedelta(minutes=1))
    assert not done()  # begun before it was assigned, and ended after
    held(started_at=made.created_at, trainee=cast.coach)
    assert not done()  # by somebody else
    response = admin.post(f"{path}add/", fields)
    assert response.status_code == 200  # once is enough


def test_what_is_said_about_use_is_a_setting(cast: Cast, admin: Client, scenario, settings) -> None:
    settings.SCENARIO_USE = "tests.db.test_scenario_admin.NeverUsed"
    fields = {"scenario": scenario.pk, "trainee": cast.trainee.pk}
    admin.post("/admin/avatars/assignment/add/", fields)
    assert [one.runs for one in admin.get(LIST).context["cl"].result_list] == [-1]
    assert [one.is_done for one in admin.get("/admin/avatars/assignment/").context["cl"].result_list] == [None]


class NeverUsed:
    def runs(self, scenarios: QuerySet[Scenario]) -> QuerySet[Any]:
        return scenarios.annotate(runs=Value(-1))

    def done(self, assignments: QuerySet[Assignment]) -> QuerySet[Any]:
        return assignments.annotate(is_done=Value(None, BooleanField()))


def test_only_the_own_organization_is_offered_for_an_assignment(cast: Cast, stranger, scenario) -> None:
    asked = {"app_label": "avatars", "model_name": "assignment"}
    for field in ("trainee", "scenario"):
        found = stranger.get("/admin/autocomplete/", asked | {"field_name": field}).json()["results"]
        assert [one["text"] for one in found] == (["outsider@elsewhere.test"] if field == "trainee" else [])
    fields = {"scenario": scenario.pk, "trainee": cast.trainee.pk}
    response = stranger.post("/admin/avatars/assignment/add/", fields)
    assert list(response.context["adminform"].form.errors) == ["scenario", "trainee"]


# -- who may --------------------------------------------------------------------------------------------------


def test_an_outsider_reaches_nothing(stranger: Client, scenario: Scenario) -> None:
    assert stranger.get(page_of(scenario, "delete")).status_code == 403
    for name in ("change", "prompt", "rehearse", "export", "history"):
        response = stranger.get(page_of(scenario, name))
        assert (response.status_code, response["Location"]) == (302, "/admin/"), name
    assert turn(stranger, scenario, []).status_code == 404
    assert stranger.post(page_of(scenario), {"_publish": "1"}).status_code == 302
    for act in ("publish_selected", "archive_selected", "duplicate_selected"):
        stranger.post(LIST, {"action": act, "_selected_action": [scenario.pk]})
    with scopes_disabled():
        assert ScenarioVersion.objects.count() == Scenario.objects.count() == 1
    assert stored(scenario).status == "published"
    assert "A late delivery" not in stranger.get(LIST).content.decode()


def test_without_the_permission_nothing_is_shown(cast: Cast, scenario: Scenario, client) -> None:
    cast.coach.is_staff = True  # but nothing is allowed to a coach
    cast.coach.save()
    client.force_login(cast.coach)
    for name in ("prompt", "rehearse", "export"):
        assert client.get(page_of(scenario, name)).status_code == 302
    assert turn(client, scenario, []).status_code == 404
    assert client.get(f"{LIST}import/").status_code == 403
    client.force_login(cast.trainee)
    for path in (LIST, page_of(scenario, "prompt"), page_of(scenario, "export"), f"{LIST}import/"):
        assert client.get(path).status_code == 302
