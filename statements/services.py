"""Every write to a statement: sent, proven, entrusted, taken on, taken back. Lock: the statement first."""

from collections.abc import Container, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.access import ADMINISTRATION, COORDINATION, DESK, has_role, require, speaks_for
from accounts.models import Consent, Organisation, PhoneProof, User
from accounts.selectors import coordinators_of, told_of
from accounts.services import ensure_person, prove_phone, record_consent
from accounts.sign_in import has_proven_address
from catalogue.references import new_reference
from catalogue.vocabulary import Source
from cities.days import local_day
from cities.models import City
from matching import counted_on
from needs import services as needs
from needs.models import NeedState
from notifications.events import Priority
from notifications.services import NewMessage, queue, queue_many
from statements import messages, selectors, sounds, words
from statements.models import Proof, Recording, Stage, Statement, StatementChange, Way

# What the person read before they ticked; a new wording has a new version.
WORDING = "need-by-oneself-1"
BATCH = 200
# What of the answers says how somebody is reached: an account has it from the moment in which it is proven.
_CONTACT = ("phone", "email")


@transaction.atomic
def state(
    *,
    city: City,
    kind: str,
    answers: Mapping[str, Any],
    language: str,
    external_key: str,
    by: User | None,
    now: datetime,
) -> Statement:
    """Keep what a person asks for. Of a visitor nobody else sees it before `prove`; whoever is signed in (`by`) has
    proven who they are. The same `external_key` twice is one. ValidationError by field, as a need has it.
    """
    known = Statement.objects.filter(external_key=external_key).first()
    if known is not None:
        return known
    said = {
        name: value for name, value in answers.items() if name not in ("name", "urgency", "way", "commune")
    }
    statement = Statement(
        reference=new_reference(selectors.LETTER),
        city=city,
        person=by,
        name=answers.get("name", ""),
        language=language,
        kind=kind,
        urgency=answers["urgency"],
        commune_id=answers["commune"],
        answers=said,
        first_day=local_day(now, city),
        way=_way_of(by) if by else answers["way"],
        external_key=external_key,
        created_at=now,
        changed_at=now,
    )
    today = local_day(now, city)
    fields = words.need_fields(statement, today=today, accompanied_by=city.name)
    # The rules of a need, before anybody works on it; nothing is written.
    needs.draft(
        city=city,
        organisation=None,
        person=by,
        fields=fields,
        source=Source.WEB,
        by=by,  # type: ignore[arg-type]
        now=now,
        today=today,
    )
    statement.clean_fields(exclude=["answers"])
    try:
        with transaction.atomic():
            statement.save(force_insert=True)
    except IntegrityError:
        # The same form at the same moment.
        twin = Statement.objects.filter(external_key=external_key).first()
        if twin is None:
            raise
        return twin
    _record(statement, "state", Stage.UNPROVEN, by=by, now=now)
    if by is not None:
        _consent(by, by=by, now=now)
        _proven(statement, Proof.ACCOUNT, by=None, now=now)
    return statement


@transaction.atomic
def prove(*, statement_id: int, now: datetime, by: None = None) -> Statement:
    """Its author has read the code that was sent to the contact: the town sees it from now on. Twice is once."""
    statement = _locked(statement_id)
    if statement.stage != Stage.UNPROVEN or not statement.contact:
        return statement
    phone, email = statement.answers.get("phone"), statement.answers.get("email")
    person = ensure_person(
        email=email, phone=phone, name=statement.name, language=statement.language, by=None, now=now
    )
    if phone:
        prove_phone(user=person, phone=phone, how=PhoneProof.SMS, by=person, now=now)
        person.refresh_from_db()
    statement.person = person
    _consent(person, by=person, now=now)
    _forget_contact(statement)
    _proven(statement, Proof.SMS if phone else Proof.MAIL, by=None, now=now)
    return statement


@transaction.atomic
def vouch(*, statement_id: int, organisation: Organisation | None, by: User, now: datetime) -> Statement:
    """The person has shown the number to whoever writes: the town's desk, or a member of `organisation`, which is
    verified. To the desk a number that the person has left is proven by it; an association speaks for nobody whose
    account is proven. ValidationError of that, and where it was confirmed meanwhile.
    """
    statement = _locked(statement_id)
    is_of_desk = has_role(by, statement.city, DESK)
    is_theirs = (
        organisation is not None and organisation.city_id == statement.city_id and organisation.is_verified
    )
    require(is_of_desk or (is_theirs and speaks_for(by, organisation)))  # type: ignore[arg-type]
    if statement.stage != Stage.UNPROVEN:
        raise ValidationError(_("Ce besoin est déjà confirmé."), code="state")
    if statement.contact:
        phone, email = statement.answers.get("phone"), statement.answers.get("email")
        person = ensure_person(
            email=email, phone=phone, name=statement.name, language=statement.language, by=by, now=now
        )
        if not is_of_desk and _is_proven(person):
            raise ValidationError(
                _(
                    "Cette personne a déjà un compte\u202f: elle confirme par un code, ou à l’accueil de la ville."
                ),
                code="account",
            )
        if phone and is_of_desk and not person.phone_proof and person.pk != by.pk:
            prove_phone(user=person, phone=phone, how=PhoneProof.CALL, by=by, now=now)
            person.refresh_from_db()
        statement.person = person
        _consent(person, by=by, now=now)
        _forget_contact(statement)
    if not is_of_desk:
        statement.organisation = organisation
    _proven(statement, Proof.DESK if is_of_desk else Proof.ASSOCIATION, by=by, now=now)
    return statement


@transaction.atomic
def entrust(*, statement_id: int, organisation: Organisation, by: User, now: datetime) -> Statement:
    """A coordinator asks an association to look after it. ValidationError where it is not to be given any more."""
    statement = _locked(statement_id)
    require(has_role(by, statement.city, COORDINATION))
    if statement.stage not in (Stage.WAITING, Stage.OFFERED):
        raise _not_possible()
    if organisation.city_id != statement.city_id or not organisation.is_verified:
        raise ValidationError({"organisation": _("Cette association n’est pas vérifiée dans cette ville.")})
    statement.organisation = organisation
    _move(statement, Stage.OFFERED, "entrust", by=by, now=now)
    key = _key(statement)
    queue_many(
        drafts=[
            NewMessage(
                recipient=member,
                event="statement_offered",
                subject_key=key,
                city=statement.city,
                compose=partial(messages.offered, statement),
            )
            for member in told_of(organisation)
        ],
        now=now,
    )
    return statement


@transaction.atomic
def adopt(*, statement_id: int, by: User, now: datetime) -> Statement:
    """The association that is asked says yes, or a coordinator that the town looks after it itself: it becomes a need.

    The association owns it as those that it posts, and the person stays the one whom it concerns. PermissionDenied for
    anybody else; ValidationError by field, and where it is too late.
    """
    statement = _locked(statement_id)
    by_town = statement.stage == Stage.WAITING and has_role(by, statement.city, COORDINATION)
    organisation = None if by_town else statement.organisation
    if not by_town:
        is_asked = statement.stage == Stage.OFFERED and statement.organisation is not None
        if not is_asked:
            raise _not_possible()
        require(speaks_for(by, statement.organisation))  # type: ignore[arg-type]
    if by_town and statement.person is None:
        raise ValidationError(
            _("Cette personne n’a laissé ni téléphone ni e-mail\u202f: confiez son besoin à une association.")
        )
    today = local_day(now, statement.city)
    fields = words.need_fields(
        statement,
        today=today,
        accompanied_by=organisation.name if organisation else statement.city.name,
    )
    statement.need = needs.register(
        city=statement.city,
        organisation=organisation,
        person=statement.person,
        fields=fields,
        source=Source.WEB,
        by=by,
        now=now,
        today=today,
        external_key=f"statement:{statement.pk}",
        notify=False,
    )
    # What was answered stands in the need from now on, and goes with it.
    statement.organisation, statement.answers = organisation, {}
    _move(statement, Stage.ADOPTED, "adopt", by=by, now=now, also=("answers",))
    _tell_author(statement, "statement_adopted", messages.adopted, now=now)
    return statement


@transaction.atomic
def decline(*, statement_id: int, reason: str, by: User, now: datetime) -> Statement:
    """The association that is asked cannot: it waits with the coordinators again, who are told."""
    statement = _locked(statement_id)
    if statement.stage != Stage.OFFERED or statement.organisation is None:
        raise _not_possible()
    require(speaks_for(by, statement.organisation))
    _move(statement, Stage.WAITING, "decline", by=by, now=now, reason=reason)
    statement.organisation = None
    statement.save(update_fields=["organisation"])
    _tell_coordinators(statement, now=now)
    return statement


@transaction.atomic
def withdraw(
    *, statement_id: int, read: Container[int] = (), by: User | None, now: datetime, reason: str = ""
) -> Statement:
    """Its author needs it no more, or a coordinator closes it: the answers are erased. Twice changes nothing.

    A need that it has become is withdrawn too; `read`: of which promises to it they were told. `by`: None where its
    link alone says who it is, and of the clock. Raises matching.counted_on.NotRead, and ValidationError where that is
    not possible any more.
    """
    statement = _locked(statement_id)
    require(by is None or by == statement.person or has_role(by, statement.city, COORDINATION))
    if statement.stage == Stage.CLOSED:
        return statement
    if statement.need is not None and statement.need.state != NeedState.WITHDRAWN:
        who = by or statement.person
        if who is None:
            raise ValidationError(_("Dites-le à l’association qui suit ce besoin\u202f: elle le retire."))
        counted_on.withdraw_need(need_id=statement.need.pk, read=read, by=who, now=now, reason=reason)
    statement.answers, statement.name = {}, ""
    _move(statement, Stage.CLOSED, "withdraw", by=by, now=now, reason=reason, also=("answers", "name"))
    if statement.person is None:
        # Nobody's erasure will reach what was said of them.
        statement.changes.update(reason="")
    return statement


@transaction.atomic
def forget_unproven(*, by: None, now: datetime) -> int:
    """What nobody has confirmed in time goes with all that it said; how many."""
    late = list(
        selectors.unproven(now).select_for_update(skip_locked=True)[:BATCH].values_list("pk", flat=True)
    )
    StatementChange.objects.filter(statement__in=late).delete()
    Statement.objects.filter(pk__in=late).delete()
    return len(late)


@transaction.atomic
def close_forgotten(*, by: None, now: datetime) -> int:
    """What nobody has looked after for a year is closed, with all that it said; how many."""
    found = list(selectors.forgotten(now).select_for_update(skip_locked=True)[:BATCH])
    for statement in found:
        withdraw(statement_id=statement.pk, by=None, now=now)
    return len(found)


@transaction.atomic
def ask_to_give(*, by: None, now: datetime) -> int:
    """Ask each person concerned once, after the first news of their stay, what they would like to give; how many."""
    found = list(selectors.with_first_news().select_for_update(skip_locked=True, of=("self",))[:BATCH])
    # One of each person, whatever else they have stated.
    for statement in {one.person_id: one for one in found}.values():
        _tell_author(statement, "statement_give_back", messages.give_back, now=now)
    Statement.objects.filter(pk__in=[one.pk for one in found]).update(asked_to_give_at=now)
    return len(found)


@transaction.atomic
def record(*, city: City, question: str, language: str, content: bytes, by: User, now: datetime) -> Recording:
    """Keep a question as it is read aloud in a language, in the place of the one before. ValidationError of a file that
    is too long or no sound.
    """
    require(has_role(by, city, ADMINISTRATION))
    kept = {
        "media_type": sounds.media_type(content),
        "content": sounds.as_text(content),
        "by": by,
        "at": now,
    }
    found, _new = Recording.objects.update_or_create(
        city=city, question=question, language=language, defaults=kept
    )
    return found


@transaction.atomic
def remove_recording(*, city: City, question: str, language: str, by: User, now: datetime) -> None:
    """The question is not read aloud in this language any more."""
    require(has_role(by, city, ADMINISTRATION))
    found = Recording.objects.filter(city=city, question=question, language=language)
    found.update(content="", by=by, at=now)


# --- What several of them do ---------------------------------------------------------------------------


def _locked(statement_id: int) -> Statement:
    # Alone, and read afterwards: what is joined to a locked row is of before the wait, its need among it.
    Statement.objects.select_for_update(no_key=True).order_by().values_list("pk").get(pk=statement_id)
    rows = Statement.objects.select_related("city", "commune", "person", "organisation", "need")
    return rows.get(pk=statement_id)


def _is_proven(person: User) -> bool:
    """Whether somebody has shown that this account is theirs, be it by what they have stated before."""
    stated = Statement.objects.filter(person=person, proof__in=[Proof.SMS, Proof.MAIL, Proof.ACCOUNT])
    return bool(person.phone_proof) or has_proven_address(person) or stated.exists()


def _way_of(person: User) -> str:
    return Way.MAIL if person.email else Way.PHONE


def _consent(person: User, *, by: User, now: datetime) -> None:
    record_consent(
        user=person,
        purpose=Consent.Purpose.RECORD,
        wording_version=WORDING,
        how=Consent.How.WEB,
        by=by,
        now=now,
    )


def _forget_contact(statement: Statement) -> None:
    statement.answers = {name: said for name, said in statement.answers.items() if name not in _CONTACT}


def _proven(statement: Statement, how: Proof, *, by: User | None, now: datetime) -> None:
    statement.proof, statement.proven_at, statement.proven_by = how, now, by
    also = ("proof", "proven_at", "proven_by", "person", "answers")
    _move(statement, Stage.WAITING, "prove", by=by or statement.person, now=now, also=also)
    _tell_author(statement, "statement_received", messages.received, now=now)
    _tell_coordinators(statement, now=now)


def _move(
    statement: Statement,
    to: Stage,
    act: str,
    *,
    by: User | None,
    now: datetime,
    reason: str = "",
    also: tuple[str, ...] = (),
) -> None:
    before = Stage(statement.stage)
    statement.stage, statement.changed_at = to, now
    statement.save(update_fields=["stage", "changed_at", "organisation", "need", *also])
    _record(statement, act, before, by=by, now=now, reason=reason)


def _record(
    statement: Statement, act: str, before: Stage, *, by: User | None, now: datetime, reason: str = ""
) -> None:
    StatementChange.objects.create(
        statement=statement,
        act=act,
        from_state=before,
        to_state=statement.stage,
        organisation=statement.organisation,
        by=by,
        reason=reason[:500],
        at=now,
    )


def _key(statement: Statement) -> str:
    """Told anew in each round: an association that says no is followed by another."""
    return f"statement:{statement.pk}:{statement.changes.count()}"


def _tell_author(statement: Statement, event: str, compose: Any, *, now: datetime) -> None:
    if statement.person is not None:
        queue(
            recipient=statement.person,
            event=event,
            subject_key=f"statement:{statement.pk}",
            city=statement.city,
            compose=partial(compose, statement),
            now=now,
        )


def _tell_coordinators(statement: Statement, *, now: datetime) -> None:
    key = _key(statement)
    queue_many(
        drafts=[
            NewMessage(
                recipient=person,
                event="statement_waits",
                subject_key=key,
                city=statement.city,
                compose=partial(messages.waits, statement),
                priority=Priority.NIGHT if statement.urgency == "tonight" else None,
            )
            for person in coordinators_of(statement.city)
        ],
        now=now,
    )


def _not_possible() -> ValidationError:
    return ValidationError(_("Ce besoin a changé entre-temps. Relisez la page."), code="state")
