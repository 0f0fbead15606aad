"""What is asked before somebody's data go, or must stay."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import ServiceForm


class EraseForm(ServiceForm):
    """By the person: that they have read what goes."""

    has_read = forms.BooleanField(
        label=_("J’ai lu ce qui sera effacé. Cela ne se défait pas."), required=True
    )


class EraseCallerForm(ServiceForm):
    """By the desk, for somebody who has phoned."""

    reason = forms.CharField(
        label=_("Ce que la personne a dit"),
        help_text=_(
            "Par exemple\u202f: a appelé le 12 mars et ne veut plus proposer. Rien sur sa santé ou ses papiers."
        ),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    has_called_back = forms.BooleanField(
        label=_(
            "J’ai rappelé la personne à l’adresse ou au numéro que nous connaissons, et c’est bien elle."
        ),
        required=True,
    )


class HoldForm(ServiceForm):
    """By one of the administration; another one agrees."""

    reference = forms.CharField(
        label=_("Référence d’une proposition ou d’un besoin de la personne"), max_length=20
    )
    reason = forms.CharField(
        label=_("Pourquoi ses données doivent rester"),
        help_text=_("Par exemple\u202f: réquisition du tribunal, avec son numéro."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
