"""The forms of a scenario, its lines and its criteria."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy, slugify
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from avatars.fields import CommasField, ListField, MoodsField, TargetsField
from avatars.metrics import metrics
from avatars.models import Criterion, Scenario, ScriptLine
from avatars.row_renderer import RowRenderer

if TYPE_CHECKING:
    _ScenarioForm = forms.ModelForm[Scenario]
    _LineForm = forms.ModelForm[ScriptLine]
    _CriterionForm = forms.ModelForm[Criterion]
    _InlineFormSet = forms.BaseInlineFormSet[Any, Scenario, Any]
else:
    _ScenarioForm = _LineForm = _CriterionForm = forms.ModelForm
    _InlineFormSet = forms.BaseInlineFormSet

LONGEST_S = 7200
"""Of a conversation, in seconds. Nobody rehearses for longer in one go; a larger number is a mistyped one."""
MOST_HEAT = 3
"""The whole way from calm to angry."""


def _with_plain_line_ends(data: dict[str, Any]) -> dict[str, Any]:
    """Browsers send line breaks as two characters; kept, they would make each text differ from its version."""
    return {
        name: value.replace("\r\n", "\n") if isinstance(value, str) else value for name, value in data.items()
    }


class ScenarioForm(_ScenarioForm):
    objectives = ListField(
        label=_("Objectives"),
        rows=5,
        help_text=_(
            "One per line. The trainee reads them before beginning; the avatar knows them, does not help, and "
            "yields when they are done well. For example: “Apologize sincerely, without excuses”."
        ),
    )
    hot_words = CommasField(
        label=_("Words that heat up"),
        help_text=_(
            "Commas between them. When the trainee says one, the avatar gets angrier, as it does at rude words "
            "anyway. For example: policy, calm down, unfortunately."
        ),
    )
    cool_words = CommasField(
        label=_("Words that calm down"),
        help_text=_(
            "Commas between them. When the trainee says one, the avatar calms down, as it does at kind words "
            "anyway. For example: loaner, today, I will call you back."
        ),
    )
    targets = TargetsField(label=_("Targets"), rows=4)
    time_limit_s = forms.IntegerField(
        label=_("Time limit (s)"),
        initial=600,
        min_value=30,
        max_value=LONGEST_S,
        help_text=_(
            "In seconds; 600 are ten minutes, 7200 the most. When the time is up, the avatar closes the scene "
            "in its mood."
        ),
    )

    class Meta:
        model = Scenario
        # All but the avatar: the avatars to choose from are those of an organization, and here there is none.
        # The admin names its fields itself.
        fields = (
            "title", "slug", "language", "brief", "situation", "opening_line", "time_limit_s", "start_mood",
            "objectives", "hot_words", "cool_words", "targets",
        )  # fmt: skip
        widgets = {
            "brief": forms.Textarea(attrs={"rows": 4}),
            "situation": forms.Textarea(attrs={"rows": 6}),
            "opening_line": forms.Textarea(attrs={"rows": 2}),
        }
        help_texts = {
            "title": _(
                "What the trainee sees on the card. For example: An angry customer with a broken phone."
            ),
            "slug": _("The scenario's name in addresses and programs: small letters, digits and hyphens."),
            "avatar": _("Who plays the other side: its persona, voice and patience come with it."),
            "language": _(
                "What is spoken, as a code: en, de, es, fr. The avatar answers in it, and recognition and "
                "measuring go by it."
            ),
            "brief": _(
                "Read before beginning, and known to the avatar: the trainee's role, the situation, what they "
                "may offer. For example: “You work on the support line. You may replace the phone.”"
            ),
            "situation": _(
                "The trainee never sees this. The avatar gives it away only when it is earned, by listening or "
                "a good question. Write to the avatar: “Your mother is in hospital. You missed the call.”"
            ),
            "opening_line": _(
                "The avatar says this first, word for word. Empty: it waits, and the trainee begins."
            ),
            "start_mood": _(
                "How the avatar feels when the scene begins. What the trainee says moves it from there, and "
                "lines that are tied to a mood become possible or impossible."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "targets" in self.fields:
            self.fields["targets"].help_text = format_lazy(
                _(
                    "One per line: where a number of the report should lie. It changes nothing in the "
                    "conversation. For example: speech_rate: 120 to 175 / filled_pauses: up to 4 / questions: "
                    "at least 3. There are: {names}."
                ),
                names=", ".join(f"{name} ({unit})" for name, unit in metrics().items()),
            )

    def clean(self) -> dict[str, Any]:
        return _with_plain_line_ends(super().clean() or self.cleaned_data)

    def clean_slug(self) -> str:
        # The constraint names the organization, which is no field of this form.
        slug: str = self.cleaned_data["slug"]
        taken = Scenario.objects.filter(slug=slug).exclude(pk=self.instance.pk).first()
        if taken is not None:
            raise ValidationError(
                _now("“%(title)s” has this short name already. Choose another one."),
                params={"title": taken.title},
                code="unique",
            )
        return slug


class PartForm(forms.ModelForm):  # type: ignore[type-arg]
    """A row of a scenario: where it stands is filled in by itself."""

    position = forms.IntegerField(
        label=_("No."), required=False, min_value=0, max_value=9999, widget=forms.NumberInput()
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The headings of the columns name the fields for those who see them.
        for name, field in self.fields.items():
            if name != "DELETE" and field.label:
                field.widget.attrs.setdefault("aria-label", field.label)

    def clean(self) -> dict[str, Any]:
        return _with_plain_line_ends(super().clean() or self.cleaned_data)

    def has_changed(self) -> bool:
        # A row that was added and left empty is dropped, though it has a number.
        return super().has_changed() if self.instance.pk else bool({*self.changed_data} - {"position"})


class LineForm(PartForm):
    cues = CommasField(
        label=_("when the trainee says"),
        rows=2,
        help_text=_(
            "Words or phrases with commas between them, in any inflection: refund, money back. None: said when "
            "nothing else fits."
        ),
    )
    moods = MoodsField(
        label=_("only if it is"),
        help_text=_("Said only while the avatar feels like this. None ticked: always."),
    )
    heat = forms.IntegerField(
        label=_("heat"),
        initial=0,
        min_value=-MOST_HEAT,
        max_value=MOST_HEAT,
        error_messages={"min_value": _("-3 at least"), "max_value": _("3 at most")},
        help_text=_("How the avatar's mood moves once it said this: 1 a step angrier, -1 a step calmer."),
    )

    class Meta:
        model = ScriptLine
        fields = ("position", "text", "cues", "moods", "kind", "heat")
        labels = {"text": _("the avatar says"), "kind": _("kind")}
        help_texts = {
            "text": _("Word for word. Short sentences sound best."),
            "kind": _("What the line is for: see above."),
        }
        widgets = {"text": forms.Textarea(attrs={"rows": 2})}


class CriterionForm(PartForm):
    slug = forms.SlugField(
        label=_("short name"), required=False, help_text=_("Empty: made from the title."), max_length=50
    )
    evidence = ListField(
        label=_("evidence"),
        rows=2,
        help_text=_(
            "One phrase per line. When the trainee says one, the check counts as met, without a model."
        ),
    )

    class Meta:
        model = Criterion
        fields = ("position", "title", "slug", "question", "weight", "evidence")
        labels = {"title": _("title"), "question": _("question"), "weight": _("weight")}
        help_texts = {
            "title": _("How the report calls it. For example: Apologized."),
            "question": _("What is judged, as a yes or no question: Did the trainee apologize?"),
            "weight": _("How much it counts beside the others; 1 is usual, 0 does not count."),
        }
        widgets = {"question": forms.Textarea(attrs={"rows": 2}), "title": forms.TextInput()}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "slug" in data and not data["slug"]:
            data["slug"] = slugify(data.get("title", ""))[:50] or "criterion"
        return data


class OrderedFormSet(_InlineFormSet):
    """Rows that keep an order: numbered from 1 as they are shown, counted on for a new one, and numbered again
    when they are saved."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.renderer = RowRenderer()
        super().__init__(*args, **kwargs)
        for number, form in enumerate(self.initial_forms, 1):
            form.initial["position"] = number

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].widget.attrs["aria-label"] = _("Delete when saving")

    def clean(self) -> None:
        super().clean()
        forms_left = [form for form in self.forms if form.is_valid() and not form.cleaned_data.get("DELETE")]
        highest = max((form.cleaned_data.get("position") or 0 for form in forms_left), default=0)
        for form in forms_left:
            if form.cleaned_data.get("position") is None:
                highest += 1
                form.cleaned_data["position"] = form.instance.position = highest

    def save(self, commit: bool = True) -> Any:
        saved = super().save(commit=commit)
        if commit:
            rows = [
                (form.cleaned_data.get("position") or 0, form.instance)
                for form in self.forms
                if form.instance.pk and not form.cleaned_data.get("DELETE")
            ]
            ordered = [row for _position, row in sorted(rows, key=lambda one: one[0])]
            for number, row in enumerate(ordered, 1):
                row.position = number
            if ordered:
                type(ordered[0])._default_manager.bulk_update(ordered, ["position"])
        return saved
