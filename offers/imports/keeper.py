"""What a row of a list becomes here: an offer, for the person whose contact it gives."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from copy import copy
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from accounts.models import User
from accounts.services import Contact, ensure_people
from catalogue.contacts import Emails, Phones
from catalogue.fields import OFFER
from catalogue.imports import (
    Numbered,
    Outcome,
    Places,
    RowRefused,
    answers_of,
    compared,
    explained,
    listed,
    made_id,
    moved_notices,
    since_export,
)
from catalogue.imports.again import ROW
from catalogue.labels import listed as listed_words
from catalogue.labels import quantity_words
from catalogue.references import is_reference
from catalogue.saying import what
from catalogue.spreadsheets import (
    BadCell,
    CellError,
    Period,
    Row,
)
from catalogue.times import day_range
from catalogue.vocabulary import CATEGORIES, Kind, Source
from cities.days import local_day, midnight
from cities.models import City
from notifications.wake_up import wake_on_commit
from offers.columns import CONSTRAINT_COLUMNS, FIELD_COLUMNS, windows_of
from offers.models import Offer, OfferState
from offers.periods import as_days
from offers.services import SCAN_TASK, NewOffer, change, draft, note_listed, register_many


def key_prefix(list_name: str) -> str:
    """With what the keys of a list's offers begin."""
    return f"import/{list_name}:" if list_name else "import:"


class OfferKeeper:
    """What the rows of one file share while they are registered."""

    def __init__(
        self,
        city: City,
        list_name: str,
        by: User | None,
        now: datetime,
        ids: Callable[[], Collection[str]] | None,
    ) -> None:
        self.city, self.by, self.now = city, by, now
        self.city_id = city.pk
        self.today = local_day(now, city)
        self.prefix = key_prefix(list_name)
        self.places = Places(city)
        self.strangers = self.moved = 0
        self.slips: set[str] = set()
        self._ids = ids
        self._of_file: frozenset[str] | None = None

    def id_of(self, row: Row) -> str:
        """Without a number of its own: by whose it is and what it is."""
        if row["id"]:
            return str(row["id"])
        names = ("kind", "category", "item", "commune", "languages_from", "languages_to", "address")
        return made_id([self._who(row), *(row[name] for name in names)])

    def find(self, rows: Sequence[Numbered]) -> Mapping[int, Offer]:
        """By number; else the very same row under another number of this list, which no line here bears."""
        keys = {self.prefix + one.id: one.row.line for one in rows}
        kept = Offer.objects.filter(city=self.city, external_key__in=list(keys))
        found = {keys[offer.external_key]: offer for offer in kept.select_related("owner")}
        # What this service gave out bears its own references.
        named = {one.id.upper(): one.row.line for one in rows if is_reference(one.id.upper())}
        if named:
            given = Offer.objects.filter(city=self.city, reference__in=list(named))
            for offer in given.select_related("owner"):
                found[named[offer.reference]] = offer
        left = {one.digest: one for one in rows if one.row.line not in found}
        for offer in self._theirs(left.values()) if self._ids else ():
            same = left.get(offer.listed.get(ROW, ""))
            if same is not None and not self._stands_in_file(offer):
                found[same.row.line] = offer
                del left[same.digest]
        for offer in found.values():
            offer.city = self.city
        return found

    def _theirs(self, rows: Collection[Numbered]) -> Iterable[Offer]:
        """What this list has registered before for the people of these rows."""
        emails = {_address(one.row) for one in rows} - {""}
        phones = {_number(one.row) for one in rows} - {""}
        if not emails and not phones:
            return ()
        people = Q(owner__email__in=emails) | Q(owner__phone__in=phones, owner__email=None)
        kept = Offer.objects.filter(people, city=self.city, external_key__startswith=self.prefix)
        return kept.select_related("owner").order_by("pk")

    def _stands_in_file(self, offer: Offer) -> bool:
        """Whether a line bears its number: then it is that one."""
        assert self._ids is not None
        if self._of_file is None:
            self._of_file = frozenset(self._ids())
        return offer.external_key.removeprefix(self.prefix) in self._of_file

    def unchanged(self, known: Offer, row: Numbered) -> Outcome | None:
        """Known, where the whole row is as its list last said it."""
        if known.listed.get(ROW) != row.digest or row.row["as_of"]:
            return None
        return Outcome(row.row.line, "known", said=self._recognised(known, row), row=known.pk)

    def _recognised(self, known: Offer, row: Numbered) -> tuple[str, ...]:
        """That the row was known by something else than its number."""
        if known.external_key == self.prefix + row.id or known.reference == row.id.upper():
            return ()
        return (
            _("reconnue\u202f: la même ligne avait un autre identifiant («\u00a0%(id)s\u00a0»).")
            % {"id": known.external_key.removeprefix(self.prefix)},
        )

    def again(self, known: Offer, row: Numbered) -> Outcome:
        """Take what the list says anew where nobody has changed it; nothing else, and say what was not taken."""
        line, said = row.row.line, self._recognised(known, row)
        if known.state == OfferState.WITHDRAWN:
            return Outcome(
                line, "known", said=(*said, _("retirée depuis\u202f: elle le reste.")), row=known.pk
            )
        wanted = _address(row.row)
        if wanted and known.owner.email and wanted != known.owner.email:
            # Perhaps another list whose numbers begin at 1 too; the phone, written in many ways, tells nothing.
            self.strangers += 1
            message = _("cet identifiant est déjà importé, avec un autre e-mail\u202f: rien n’a été changé.")
            return Outcome(line, "disputed", said=(message,), row=known.pk)
        fields = self._fields(row.row)
        listed_row = self._as_listed(known, row.row, fields)
        windows = self._windows(row.row)
        current = [(window.first_day, window.last_day) for window in known.windows.all()]
        news = compared(
            known,
            listed_row,
            _named(row.row, fields),
            whole=row.digest,
            edits=list(known.edits.all()),
            since=since_export(row.row, self.city),
            others={"windows": (as_days(current), as_days(sorted(windows)))},
        )
        edit = None
        if news.changed:
            taken = {
                name: fields.get(name, getattr(listed_row, name))
                for name in news.changed
                if name != "windows"
            }
            change(
                offer_id=known.pk,
                fields=taken,
                windows=windows if "windows" in news.changed else None,
                by=self.by or known.owner,
                now=self.now,
            )
            edit = known.edits.order_by("-pk").first()
        note_listed(offer_id=known.pk, listed=news.listed)
        if news.disputed:
            return Outcome(
                line,
                "disputed",
                said=said,
                row=known.pk,
                edit=edit.pk if edit else None,
                differs=news.disputed,
            )
        if edit is None:
            return Outcome(line, "known", said=said, row=known.pk)
        return Outcome(line, "changed", said=said, row=known.pk, edit=edit.pk, differs=edit.what)

    def _as_listed(self, known: Offer, row: Row, fields: Mapping[str, Any]) -> Offer:
        """The offer as the line says it; not saved."""
        if row["kind"] != known.kind:
            raise RowRefused(row.bad("kind", _("la nature d’une proposition ne change pas.")))
        known.commune = self.places.commune(known.commune_id) or known.commune
        says = copy(known)
        for name, value in OFFER.settled(fields, today=self.today, before=known).items():
            setattr(says, name, value)
        return says

    def draft(self, row: Numbered) -> tuple[NewOffer, Contact]:
        """The offer of a new row, and whose it is."""
        line = row.row
        fields = self._fields(line)
        confirmed_at = self._confirmed_at(line["confirmed_on"], line)
        contact = self._contact(line)
        drafted = draft(
            city=self.city,
            fields=fields,
            windows=self._windows(line),
            source=Source.IMPORT,
            # Who holds the list vouches for it: these people have said so already.
            contact_proven=True,
            confirmed_at=confirmed_at,
            external_key=self.prefix + row.id,
            now=self.now,
        )
        drafted.offer.listed = listed(
            drafted.offer, _named(line, fields), whole=row.digest, windows=as_days(drafted.periods)
        )
        self.moved += drafted.offer.category != line["category"]
        return drafted, contact

    def keep(self, drafts: Sequence[tuple[NewOffer, Contact]]) -> Sequence[Offer]:
        """Register these, for people who are known or entered now."""
        people = ensure_people(contacts=[contact for _drafted, contact in drafts], now=self.now)
        of = [(drafted, person) for (drafted, _contact), person in zip(drafts, people, strict=True)]
        return register_many(drafts=of, by=self.by, now=self.now)

    def words(self, kept: Offer) -> tuple[str, ...]:
        """What, how much, where and when, as the page of an offer says it."""
        periods = [(window.first_day, window.last_day) for window in kept.windows.all()]
        when = listed_words(day_range(first, last, today=self.today) for first, last in periods)
        return (capfirst(what(kept)), quantity_words(kept.kind, kept.capacity), kept.commune.name, when)

    def explain(self, row: Row, error: ValidationError) -> tuple[BadCell, ...]:
        """A refusal of a service as cells of the row."""
        return explained(row, error, model=Offer, columns=FIELD_COLUMNS, constraints=CONSTRAINT_COLUMNS)

    def wake(self) -> None:
        """Have what was kept so far matched."""
        wake_on_commit(SCAN_TASK)

    def notices(self) -> list[str]:
        """What is worth a second look, though no row is wrong."""
        found = [*self.places.notices(), *moved_notices(self.moved)]
        if self.slips:
            found.append(
                _(
                    "Des adresses e-mail ont peut-être une faute\u202f: %(domains)s. Elles sont gardées telles quelles."
                )
                % {"domains": listed_words(sorted(self.slips))}
            )
        if self.strangers:
            found.append(
                ngettext(
                    "%(n)s ligne porte un identifiant déjà importé, mais un autre e-mail. Si ce fichier est une "
                    "autre liste, relancez avec --list NOM.",
                    "%(n)s lignes portent un identifiant déjà importé, mais un autre e-mail. Si ce fichier est "
                    "une autre liste, relancez avec --list NOM.",
                    self.strangers,
                )
                % {"n": self.strangers}
            )
        return found

    def _fields(self, row: Row) -> dict[str, Any]:
        kind, category = row["kind"], row["category"]
        if category not in CATEGORIES[kind]:
            message = _("cette catégorie n’est pas de la nature «\u00a0%(kind)s\u00a0»\u202f: %(known)s.") % {
                "kind": kind,
                "known": listed_words(CATEGORIES[kind]),
            }
            raise RowRefused(row.bad("category", message))
        fields = {**answers_of(row, OFFER), **self.places.fields(row)}
        fields["text"] = _with_rest(fields["text"], row)
        if kind == Kind.HOUSING and row["smoke_free"] is not None:
            fields["smoking"] = not row["smoke_free"]
        fields["title"] = fields["title"] or _usual_title(fields)
        return fields

    def _windows(self, row: Row) -> tuple[Period, ...]:
        """The windows of one column, or of the two that say from when and until when."""
        try:
            return windows_of(row["available"], row["available_from"], row["available_until"], self.today)
        except CellError as error:
            raise RowRefused(row.bad("available_until", str(error))) from None

    def _confirmed_at(self, confirmed_on: date | None, row: Row) -> datetime | None:
        if confirmed_on is None:
            return None
        if confirmed_on > self.today:
            raise RowRefused(row.bad("confirmed_on", _("ce jour n’est pas encore venu.")))
        first_moment = midnight(confirmed_on, self.city)
        return min(first_moment, self.now)

    def _contact(self, row: Row) -> Contact:
        emails, phones = row["contact_email"], row["contact_phone"]
        # Without the number or the address: terminals are often kept as logs.
        if phones and phones.rest:
            self.places.heard.add(
                _(
                    "plusieurs numéros ou des mots dans une cellule\u202f: le premier sert, le reste est dans le texte"
                )
            )
        if emails and emails.others:
            self.places.heard.add(
                _("plusieurs e-mails dans une cellule\u202f: le premier sert, les autres sont dans le texte")
            )
        if emails and emails.slip:
            self.slips.add(f"{emails.address.rpartition('@')[2]} ({emails.slip}\u202f?)")
        email, phone = _address(row), _number(row)
        if not email and not phone:
            raise RowRefused(
                row.bad("contact_email", _("donnez un e-mail ou un téléphone\u202f: les deux sont vides."))
            )
        # An address is the identity, so that two people of a home who share a number stay two.
        return Contact(email=email, number=phones.number if phones else None, name=row["contact_name"])

    @staticmethod
    def _who(row: Row) -> str:
        return _address(row) or _number(row)


def _address(row: Row) -> str:
    """The e-mail address that is used of a row's; empty without one."""
    emails: Emails | None = row["contact_email"]
    return emails.address if emails else ""


def _number(row: Row) -> str:
    """The number that is used of a row's, in E.164; empty without one."""
    phones: Phones | None = row["contact_phone"]
    return phones.number.as_e164 if phones else ""


def _with_rest(words: str, row: Row) -> str:
    """The text, with what the cells of the contact say beyond the number and the address that are used."""
    phones, emails = row["contact_phone"], row["contact_email"]
    parts = [words]
    if phones and phones.rest:
        parts.append(_("Téléphone\u202f: %(rest)s") % {"rest": phones.rest})
    if emails and emails.others:
        parts.append(_("E-mail\u202f: aussi %(others)s") % {"others": ", ".join(emails.others)})
    both = "\n".join(part for part in parts if part)
    return both if len(both) <= (OFFER["text"].longest or 0) else words


def _named(row: Row, fields: Mapping[str, Any]) -> list[str]:
    """The fields of which the line says something."""
    named = [name for name in fields if name in row.raw]
    if fields["kind"] == Kind.HOUSING and "smoke_free" in row.raw and "smoking" not in named:
        named.append("smoking")
    if "lat" in row.raw:
        named += ["latitude", "longitude"]
    return [name for name in named if name != "kind"]


def _usual_title(fields: dict[str, Any]) -> str:
    """What it is, in French, where the list has no title. ValidationError for an item that is not clear."""
    if fields["kind"] != Kind.GOODS:
        return _named_by_category(fields["kind"], fields["category"])
    with override("fr"):
        return capfirst(what(Offer(**OFFER.completed(fields))))


@lru_cache(maxsize=64)
def _named_by_category(kind: str, category: str) -> str:
    """What is no thing is called as its category is."""
    with override("fr"):
        return capfirst(what(Offer(kind=kind, category=category)))
