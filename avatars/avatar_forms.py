"""The form of an avatar: its face, its voice, its model, how it takes turns; and that of a knowledge item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from avatars import llm
from avatars.models import Avatar, KnowledgeItem
from avatars.portraits import keep_portrait, read_at_most, redrawn
from avatars.prompts import KNOWLEDGE_ITEM_LIMIT
from avatars.sheets import FACES, AvatarSheet

if TYPE_CHECKING:
    _AvatarForm = forms.ModelForm[Avatar]
    _KnowledgeForm = forms.ModelForm[KnowledgeItem]
else:
    _AvatarForm = _KnowledgeForm = forms.ModelForm

LANGUAGES = (
    ("en", _("English (American)")),
    ("en-gb", _("English (British)")),
    ("de", _("German")),
    ("es", _("Spanish")),
    ("fr", _("French")),
)
SENTENCES = {
    "en": _("Good morning. I was told that you could help me with this."),
    "de": "Guten Morgen. Man hat mir gesagt, dass Sie mir helfen können.",
    "es": "Buenos días. Me dijeron que usted podría ayudarme con esto.",
    "fr": "Bonjour. On m'a dit que vous pourriez m'aider.",
}
"""What a voice says when nobody wrote anything else, by base language."""

LIMITS = {
    "speed": (0.5, 2.0, 0.05),
    "patience_ms": (200, 5_000, 50),
    "interrupt_after_ms": (100, 5_000, 50),
    "silence_prompt_s": (0, 600, 1),
    "cut_in_after_s": (0, 600, 1),
}
"""Smallest, largest, step."""


class VoiceInput(forms.TextInput):
    """A name, with a choice of the voices there are and a button to hear it (static/js/admin/voice.js). It is
    a plain field where the speech server is down or no script runs."""

    class Media:
        js: ClassVar[Any] = (forms.widgets.Script("js/admin/voice.js", type="module"),)

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        field = super().render(name, value, attrs, renderer)
        sentences = [(language, str(text)) for language, text in SENTENCES.items()]
        return render_to_string("admin/avatars/avatar/voice.html", {"field": field, "sentences": sentences})


class FaceChoice(forms.RadioSelect):
    """The drawn faces, to be chosen by how they look."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        faces = [
            {
                "face": face,
                "id": f"id_{name}_{at}",
                "checked": face == value,
                "number": at + 1,
                "sheet": AvatarSheet(slug="", name="", persona="", face=face),
            }
            for at, face in enumerate(FACES)
        ]
        return render_to_string("admin/avatars/avatar/faces.html", {"name": name, "faces": faces})


class AvatarForm(_AvatarForm):
    organization: ClassVar[Organization]
    """Whose avatar it is; set by the admin, which makes a class for each request."""

    language = forms.ChoiceField(
        label=_("Language of the voice"),
        help_text=_(
            "Which accent and which sounds the voice uses. The words follow the language of the scenario, so "
            "both should agree. The built-in recognizer understands English only."
        ),
    )
    llm = forms.ChoiceField(
        label=_("Language model"),
        required=False,
        help_text=_(
            "What thinks of the avatar's answers. Scripted avatars say the scenario's own lines; a language "
            "model answers freely. If the one chosen here is not there any more, the installation's steps in."
        ),
    )
    face = forms.ChoiceField(
        label=_("Drawn face"),
        choices=[(face, face) for face in FACES],
        initial=FACES[0],
        widget=FaceChoice,
        help_text=_("Shown wherever no picture was uploaded. In conversation its mouth moves with the voice."),
    )
    upload = forms.FileField(
        label=_("Picture of your own"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
        help_text=_(
            "PNG, JPEG or WebP. It is cut to a square and stored anew, so what a camera wrote into the file "
            "(place, time, device) is gone. Use a picture only with the consent of whoever is on it."
        ),
    )
    remove = forms.BooleanField(
        label=_("Remove the picture and show the drawn face"), required=False, initial=False
    )

    class Meta:
        model = Avatar
        exclude = ("organization", "portrait")
        widgets = {"voice": VoiceInput}
        labels = {"silence_prompt_s": _("Asks after silence (s)")}
        help_texts = {
            "name": _("What trainees see and what the avatar calls itself. Example: Dana."),
            "slug": _("For exported files, where it stands for this avatar. Leave it once it is in use."),
            "persona": _(
                "Begins with “You are”. Its age and work, what it wants, what it fears, how it treats people: "
                "it answers out of this. Example: “You are Dana, 38, a nurse on night shifts. You have been "
                "passed from desk to desk and expect nothing any more.”"
            ),
            "style": _(
                "How its sentences sound, one rule in a line. Example: “Short sentences. Asks back instead "
                "of answering. Never says sorry.” Scripted avatars keep to the wording of their lines."
            ),
            "voice": _(
                "Empty: the usual voice of the language. A name that the speech server doesn't have is "
                "replaced by one close to it, so that the avatar always has a voice."
            ),
            "speed": _(
                "1 is how the voice was made. 0.9 sounds weighed and tired, 1.2 pressed. From 0.5 to 2."
            ),
            "patience_ms": _(
                "How long you must be silent before it takes your turn as ended. 500 answers quickly and may "
                "cut in when you pause to think; 900 waits, and every answer comes that much later."
            ),
            "interrupt_after_ms": _(
                "How long you must talk over it before it falls silent. 300 gives way at once, even to a "
                "“yes, but”; 1500 talks on like somebody who won't be stopped. “Mm-hm” never stops it."
            ),
            "silence_prompt_s": _(
                "When nobody has said anything for so long, it asks whether you are still there. 12 is "
                "friendly, 5 presses; 0: it waits for ever."
            ),
            "cut_in_after_s": _(
                "How long you may talk in one go before it takes the floor in the middle of your sentence. 30 "
                "is an impatient manager; 0: it never cuts in."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "language" in self.fields:  # none where the page only shows
            self._offer_choices()
        for name, (low, high, step) in LIMITS.items():
            if name in self.fields:
                field: Any = self.fields[name]
                field.min_value, field.max_value = low, high
                field.widget.attrs.update({"min": low, "max": high, "step": step})

    def _offer_choices(self) -> None:
        fields: dict[str, Any] = self.fields
        now = llm.chosen()
        models = [("", _("The installation's (now: %s)") % now.title)]
        models += [(name, choice.title) for name, choice in llm.CHOICES.items()]
        fields["language"].choices = _with_current(LANGUAGES, self.instance.language, _("as it was imported"))
        fields["llm"].choices = _with_current(
            models, self.instance.llm, _("not there: the installation's plays")
        )

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        for name, (low, high, _step) in LIMITS.items():
            value = self.cleaned_data.get(name)
            if value is not None and not low <= value <= high:
                self.add_error(name, _("Choose a value from %(low)s to %(high)s.") % {"low": low, "high": high})
        return cleaned

    def clean_upload(self) -> bytes | None:
        """The picture as it will be kept."""
        upload = self.cleaned_data["upload"]
        return redrawn(read_at_most(upload)) if upload else None

    def save(self, commit: bool = True) -> Avatar:
        if data := self.cleaned_data.get("upload"):
            self.instance.portrait = keep_portrait(organization=self.organization, data=data)
        elif self.cleaned_data.get("remove"):
            self.instance.portrait = None
        avatar: Avatar = super().save(commit)
        return avatar


class KnowledgeForm(_KnowledgeForm):
    class Meta:
        model = KnowledgeItem
        fields = ("title", "text")  # the admin adds ``avatar``, whose rows need a scope
        labels = {"avatar": _("For")}
        help_texts = {
            "avatar": _("Empty: every avatar of the organization knows it. Otherwise this one alone."),
            "title": _("What it is about. The avatar reads it too. Example: “Returns”."),
            "text": _(
                "Goes into the instructions of an avatar that a language model plays, before every answer, as "
                "information and never as an order. Up to 1,000 letters with the title, and 6,000 for "
                "everything one avatar knows: its own items first, then by title; what does not fit is left "
                "out. Scripted avatars say only their lines and don't use it. Example: “A phone can be "
                "returned within 14 days, with its box.”"
            ),
        }

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        size = len(self.cleaned_data.get("title", "")) + len(self.cleaned_data.get("text", "")) + 2
        if size > KNOWLEDGE_ITEM_LIMIT:
            over = size - KNOWLEDGE_ITEM_LIMIT
            self.add_error("text", _("%d letters too many for one item: split it into two.") % over)
        return cleaned


def _with_current(choices: Any, current: str, remark: Any) -> list[tuple[str, Any]]:
    """The choices, and what is stored if it is none of them: saving must not change it in silence."""
    known = list(choices)
    if current in dict(known):
        return known
    return [*known, (current, f"{current} ({remark})")]
