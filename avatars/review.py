"""What an author should know before a scenario is published: it would run, but it would make a poor scene."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from avatars.sheets import ScenarioSheet


def weaknesses(sheet: ScenarioSheet) -> list[str]:
    """Sentences, the gravest first."""
    return [*_of_the_scene(sheet), *_of_the_criteria(sheet)]


def _of_the_scene(sheet: ScenarioSheet) -> list[str]:
    said = [line for line in sheet.lines if line.kind not in ("silence", "closing_good", "closing_bad")]
    kinds = {line.kind for line in sheet.lines}
    found = []
    if not sheet.brief.strip():
        found.append(_("The brief is empty: the trainee begins without knowing what this is about."))
    if not sheet.avatar.persona.strip():
        found.append(_("The avatar has no persona: it does not know who it is."))
    if not said and not sheet.opening_line:
        found.append(
            _("No opening line and no lines: without a language model the avatar can only say goodbye.")
        )
    elif not said:
        found.append(
            _("No lines to answer with: without a language model the avatar only opens and says goodbye.")
        )
    elif all(line.cues for line in said):
        found.append(
            _("Every line waits for a cue: add some without, for when the trainee says something unexpected.")
        )
    if said and not {"closing_good", "closing_bad"} <= kinds:
        found.append(_("A closing line is missing, good or bad: the scene would end with a plain goodbye."))
    return found


def _of_the_criteria(sheet: ScenarioSheet) -> list[str]:
    if not sheet.criteria:
        return [_("No criteria: the report will have numbers, but nothing to check off.")]
    found = []
    if silent := [one.title for one in sheet.criteria if not one.question.strip()]:
        found.append(
            _("Criteria without a question can't be judged: %(titles)s.") % {"titles": ", ".join(silent)}
        )
    if blind := sum(not one.evidence for one in sheet.criteria):
        found.append(
            ngettext(
                "One criterion has no evidence: without a language model it is never met.",
                "%(count)d criteria have no evidence: without a language model they are never met.",
                blind,
            )
            % {"count": blind}
        )
    return found
