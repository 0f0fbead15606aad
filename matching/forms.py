"""What people answer: a reason from a short list, and a note if they wish."""

from django import forms
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
        Reason.CHANGED_MIND,
        Reason.OTHER_SOLUTION,
        Reason.UNREACHABLE,
        Reason.DUPLICATE,
        Reason.OTHER,
    ),
    Act.BREAK_OFF: (Reason.NO_SHOW, Reason.CHANGED_MIND, Reason.LOST_CONTACT, Reason.SAFETY, Reason.OTHER),
}


class ReasonForm(forms.Form):
    """Why, in one choice; the note is for the town's desk."""

    reason = forms.ChoiceField(label=_("Pourquoi"), widget=forms.RadioSelect)
    note = forms.CharField(
        label=_("Une précision"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Pas de nom, pas de santé."),
    )

    def __init__(self, *args: object, act: Act, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["reason"].choices = [(reason.value, reason.label) for reason in REASONS[act]]  # type: ignore[attr-defined]
