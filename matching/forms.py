"""What people answer: a reason from a short list, and a note if they wish."""

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from matching.lifecycle import Act, Reason

# The reasons that make sense for each act, the commonest first.
REASONS: dict[Act, tuple[Reason, ...]] = {
    Act.DISMISS: (
        Reason.NOT_SUITABLE,
        Reason.SAFETY,
        Reason.UNREACHABLE,
        Reason.OTHER_SOLUTION,
        Reason.OTHER,
    ),
    Act.DECLINE: (Reason.NOT_FOR_ME, Reason.NOT_AVAILABLE, Reason.UNREACHABLE, Reason.OTHER),
    Act.REFUSE: (Reason.OTHER_SOLUTION, Reason.NOT_SUITABLE, Reason.UNREACHABLE, Reason.OTHER),
    Act.CANCEL: (
        Reason.NOT_AVAILABLE,
        Reason.CHANGED_MIND,
        Reason.OTHER_SOLUTION,
        Reason.UNREACHABLE,
        Reason.DUPLICATE,
        Reason.OTHER,
    ),
    Act.BREAK_OFF: (Reason.NO_SHOW, Reason.CHANGED_MIND, Reason.LOST_CONTACT, Reason.SAFETY, Reason.OTHER),
    Act.SHORTEN: (
        Reason.OTHER_SOLUTION,
        Reason.NOT_AVAILABLE,
        Reason.CHANGED_MIND,
        Reason.SAFETY,
        Reason.OTHER,
    ),
}


# What the desk notes for somebody, and nobody says of themselves.
SAID_BY_THE_DESK = frozenset({Reason.UNREACHABLE, Reason.DUPLICATE})


class ReasonForm(forms.Form):
    """Why, in one choice; the note is for the town's desk.

    `own` is the form of somebody who answers for themselves: the commonest reason, or `likely`, is chosen already, so
    that a no takes two taps.
    """

    reason = forms.ChoiceField(label=_("Pourquoi"), widget=forms.RadioSelect)
    note = forms.CharField(
        label=_("Une précision"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Pas de nom, pas de santé."),
    )

    def __init__(
        self, *args: object, act: Act, own: bool = False, likely: str = "", **kwargs: object
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        reasons = [reason for reason in REASONS[act] if not (own and reason in SAID_BY_THE_DESK)]
        self.fields["reason"].choices = [(reason.value, capfirst(reason.label)) for reason in reasons]  # type: ignore[attr-defined]
        if own:
            self.fields["reason"].initial = likely or reasons[0].value
