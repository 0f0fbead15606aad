"""The long pages of an offer: the one on which it is changed, and the one for somebody on the line."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalogue.fields import OFFER, Flag, Languages, Slots, Words
from catalogue.items import CUTS, Said
from catalogue.vocabulary import LANGUAGE_PAIR_CATEGORIES
from offers.forms.offer import CONTACT, DAYS, OfferForm, asked_for
from offers.models import Offer

PLACE = ("commune", "address", "reach_km")
# What a caller is asked first.
FIRST = ("item", "size", "capacity")
# What has a place of its own on the long pages.
PLACED = ("kind", "category", "title", "text", *PLACE, "share_with_linked")


def of_kind(kind: str) -> tuple[str, ...]:
    """All else that an offer of this kind is asked."""
    return tuple(row.name for row in OFFER if row.name not in PLACED and asked_for(row.name, kind, ""))


def edit_names(kind: str) -> tuple[str, ...]:
    """The fields of the page on which an offer is changed."""
    goods = [name for name in ("item", "size") if asked_for(name, kind, "")]
    rest = [name for name in of_kind(kind) if name not in goods]
    return ("title", "text", *goods, "category", *rest, *PLACE, "share_with_linked")


def current_values(offer: Offer, names: Iterable[str]) -> dict[str, Any]:
    """What the offer says now, for the page on which it is changed."""
    values = {name: getattr(offer, name) for name in names}
    if "item" in values:
        values["item"] = [Said(offer.item, words=offer.item_words)] if offer.item else []
    return values


def own_cut(offer: Offer) -> tuple[str, ...]:
    """For whom what is offered is cut: whoever changes its letter does not say so again."""
    return tuple(cut for cut in CUTS if offer.size.partition("-")[0] == cut)


class CallForm(OfferForm):
    """An offer that an operator enters for somebody on the line: the caller, what they say, their consent."""

    not_a_duplicate = forms.BooleanField(
        label=_("C’est une autre proposition que celles ci-dessus"), required=False
    )
    # The number is known under another name.
    is_another = forms.BooleanField(label=_("Non, c’est une autre personne"), required=False)

    def __init__(self, data: Any = None, *, kind: str, **kwargs: Any) -> None:
        names = (
            *("phone", "name", "email"),
            *("item", "size", "category", "capacity", *PLACE),
            *DAYS,
            *(name for name in of_kind(kind) if name not in FIRST),
            *("title", "text", "share_with_linked", "not_a_duplicate", "is_another", "consent"),
        )
        super().__init__(data, kind=kind, names=names, compact=True, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["name"].label = _("Nom de la personne")
        fields["name"].help_text = ""
        fields["email"].help_text = _("Si elle en a une\u202f: elle suivra sa proposition elle-même.")
        fields["phone"].help_text = ""
        fields["phone"].widget.attrs["autofocus"] = True
        for name in CONTACT:
            fields[name].widget.attrs["autocomplete"] = "off"
        fields["title"].required = False
        fields["title"].help_text = _("Vide\u202f: nous l’écrivons à partir des réponses.")
        fields["consent"].label = _("La personne a donné son accord de vive voix")
        fields["consent"].help_text = _(
            "Dites\u202f: «\u00a0Acceptez-vous que la ville enregistre ce que vous me dites, pour répondre à un "
            "besoin\u202f? Vous pourrez changer d’avis à tout moment.\u00a0»"
        )
        fields["consent"].error_messages["required"] = _("Demandez l’accord de la personne, puis cochez.")

    def kind_rows(self) -> list[dict[str, Any]]:
        """What is asked of the kind, as rows of bound fields: boxes side by side, lists alone, languages folded."""
        rows: list[dict[str, Any]] = []
        for name in of_kind(self.offer_kind):
            if name in FIRST:
                continue
            row = OFFER[name]
            how = "line"
            if row.categories == LANGUAGE_PAIR_CATEGORIES:
                how = "folded"
            elif isinstance(row.shape, Words | Languages | Slots):
                how = "alone"
            elif isinstance(row.shape, Flag):
                how = "boxes"
            if how == "alone" or not rows or rows[-1]["how"] != how:
                rows.append({"how": how, "fields": []})
            rows[-1]["fields"].append(self[name])
        for part in rows:
            part["open"] = any(field.errors or field.value() for field in part["fields"])
        return rows
