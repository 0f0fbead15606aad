"""What is missing: said without a name, sorted by the desk, counted in public, deleted after a year."""

from datetime import timedelta
from functools import partial

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.voice.conftest import NOW
from town.models import AuditRow
from voice import selectors, services
from voice.models import Comment, Remark, RemarkGroup, RemarkGroupEdit


def put(city, operator, remarks, group):
    keys = [remark.pk for remark in remarks]
    number = group.pk if group else None
    return services.put(city=city, remark_ids=keys, group_id=number, by=operator, now=NOW)


def shown(client, city):
    return client.get(reverse("voice:say", args=[city.slug]))


# --- Said ----------------------------------------------------------------------------------------------


def test_words_language_and_day_are_all_that_is_kept(say):
    remark = say("  Une laverie\r\nprès de la gare ", language="ar")
    assert (remark.text, remark.language, remark.said_on) == (
        "Une laverie\nprès de la gare",
        "ar",
        NOW.date(),
    )
    kept = {field.name for field in Remark._meta.concrete_fields}
    assert kept == {
        "id", "city", "text", "language", "said_on", "form_key", "group", "is_set_aside", "sorted_at", "sorted_by",
    }  # fmt: skip


def test_the_same_form_twice_is_kept_once(say):
    assert say(key="once") == say(key="once")
    assert Remark.objects.count() == 1


def test_the_same_form_twice_at_once_is_kept_once(at_once, say):
    first, second = at_once(*[lambda: say(key="once")] * 2)
    assert first == second == Remark.objects.get()


def test_whoever_goes_back_and_writes_something_else_has_said_two_things(say):
    say(key="once"), say("Autre chose", key="once")
    assert {one.text for one in Remark.objects.all()} == {"Une laverie", "Autre chose"}


def test_of_the_day_before_yesterday_no_form_is_known(say):
    old, young = say(), say(now=NOW + timedelta(days=1))
    services.forget(by=None, now=NOW + timedelta(days=2))
    old.refresh_from_db(), young.refresh_from_db()
    assert old.form_key is None
    assert young.form_key


@pytest.mark.parametrize("text", ["", "   ", "x" * 601])
def test_nothing_and_too_much_are_refused(say, text):
    with pytest.raises(ValidationError):
        say(text)
    assert not Remark.objects.exists()


def test_a_flood_is_refused_until_tomorrow(say, monkeypatch):
    monkeypatch.setattr("voice.services.anonymous.MOST_A_DAY", 2)
    say(), say()
    with pytest.raises(services.TooMany):
        say()
    assert say(now=NOW + timedelta(days=1))


def test_the_database_notes_nothing_of_whoever_is_signed_in(client, city, as_user):
    """Somebody of the town who has an account writes as everybody does."""
    person = UserFactory()
    as_user(person)
    key = "abcdefghijklmnopqrst"
    answer = client.post(reverse("voice:say", args=[city.slug]), {"text": "Un abri", "form_key": key})
    assert answer.status_code == 302
    assert Remark.objects.get().text == "Un abri"
    tables = (Remark._meta.db_table, Comment._meta.db_table)
    assert not AuditRow.objects.filter(table__in=tables).exists()
    assert not AuditRow.objects.filter(actor=person.pk, city=city.pk).exists()


# --- Sorted --------------------------------------------------------------------------------------------


def test_the_desk_puts_it_into_a_group_takes_it_out_and_sets_it_aside(city, operator, say, group):
    first, second = say(), say("Laver nos habits")
    assert put(city, operator, [first, second], group) == 2
    assert selectors.groups(city).get().n == 2
    assert not selectors.unsorted(city).exists()
    put(city, operator, [first], None)
    assert list(selectors.unsorted(city)) == [first]
    services.set_aside(city=city, remark_ids=[second.pk], by=operator, now=NOW)
    assert selectors.groups(city).get().n == 0
    assert list(selectors.put_aside(city)) == [second]
    second.refresh_from_db()
    assert (second.sorted_by, second.sorted_at) == (operator, NOW)


def test_another_town_moves_nothing_here(city, say, group):
    other = CityRoleFactory()
    remark = say()
    with pytest.raises(PermissionDenied):
        put(city, other.user, [remark], group)
    with pytest.raises(RemarkGroup.DoesNotExist):
        services.put(city=other.city, remark_ids=[remark.pk], group_id=group.pk, by=other.user, now=NOW)
    assert services.put(city=other.city, remark_ids=[remark.pk], group_id=None, by=other.user, now=NOW) == 0


def test_no_answer_no_state_but_heard(city, operator, group):
    words = {"group_id": group.pk, "titles": group.titles, "by": operator, "now": NOW}
    with pytest.raises(ValidationError) as refusal:
        services.change_group(state="done", answers={}, **words)
    assert list(refusal.value.message_dict) == ["answer_fr"]
    changed = services.change_group(state="done", answers={"fr": "Une laverie ouvre lundi."}, **words)
    assert changed.state == "done"
    edit = RemarkGroupEdit.objects.latest("pk")
    assert set(edit.what) == {"state", "answers"}
    with pytest.raises(IntegrityError), transaction.atomic():
        RemarkGroup.objects.filter(pk=group.pk).update(answers={})


def test_a_translation_alone_is_refused(city, operator):
    with pytest.raises(ValidationError, match="français"):
        services.begin_group(city=city, titles={"ar": "مغسلة"}, by=operator, now=NOW)


def test_what_is_set_aside_is_in_no_group(city, operator, say, group):
    remark = say()
    put(city, operator, [remark], group)
    with pytest.raises(IntegrityError), transaction.atomic():
        Remark.objects.update(is_set_aside=True)


# --- In public -----------------------------------------------------------------------------------------


def test_under_five_is_not_told_and_five_is(client, city, operator, say, group):
    remarks = [say() for _ in range(5)]
    put(city, operator, remarks[:4], group)
    page = shown(client, city).text
    assert "moins de 5 fois" in page
    assert "4" not in page.split('id="heard"')[1].split("</section>")[0]
    put(city, operator, remarks, group)
    assert "Dit 5 fois en un an" in shown(client, city).text


def test_a_group_is_public_once_something_is_in_it_or_answered(client, city, operator, say, group):
    assert selectors.groups_in_public(city) == []
    assert "Laver son linge" not in shown(client, city).text
    remark = say()
    put(city, operator, [remark], group)
    assert selectors.groups_in_public(city) == [group]
    put(city, operator, [remark], None)
    assert selectors.groups_in_public(city) == []
    words = {"titles": group.titles, "state": "cannot", "answers": {"fr": "Non."}, "by": operator, "now": NOW}
    services.change_group(group_id=group.pk, **words)
    assert selectors.groups_in_public(city) == [group]


def test_the_order_of_groups_tells_nothing_of_small_counts(city, operator, say, group):
    other = services.begin_group(city=city, titles={"fr": "Cours du soir"}, by=operator, now=NOW)
    for one in (group, other):
        put(city, operator, [say()], one)
    before = selectors.groups_in_public(city)
    put(city, operator, [say() for _ in range(3)], before[-1])
    assert selectors.groups_in_public(city) == before == [other, group]


def test_nobody_reads_the_words_of_others(client, city, operator, say, group):
    put(city, operator, [say("Mon voisin Karim n’a rien")], group)
    assert "Karim" not in shown(client, city).text


def test_the_answer_is_read_in_ones_language_else_in_french(client, city, operator, group):
    services.change_group(
        group_id=group.pk,
        titles={"fr": "Laver son linge", "ar": "غسل الملابس"},
        state="under_way",
        answers={"fr": "Nous cherchons un local."},
        by=operator,
        now=NOW,
    )
    page = client.get(reverse("voice:say", args=[city.slug]), headers={"accept-language": "ar"}).text
    assert "غسل الملابس" in page
    assert '<div class="preline" lang="fr" dir="ltr">Nous cherchons un local.</div>' in page


# --- Forgotten -----------------------------------------------------------------------------------------


def test_a_year_after_its_day_a_text_is_deleted(city, operator, say, group):
    old, young = say(), say(now=NOW + timedelta(days=1))
    put(city, operator, [old, young], group)
    assert services.forget(by=None, now=NOW + timedelta(days=366)) == 1
    assert Remark.objects.get() == young
    assert services.forget(by=None, now=NOW + timedelta(days=366)) == 0


def test_what_is_written_is_sealed(say):
    say("Une laverie")
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM voice_remark")
        assert "laverie" not in cursor.fetchone()[0]


def test_of_two_who_change_a_group_at_once_one_is_told_of_the_other(at_once, group, operator):
    seen = selectors.latest_edit(group).pk
    results = at_once(
        *(
            partial(
                services.change_group, group_id=group.pk, titles={"fr": title}, state="heard", answers={},
                by=operator, now=NOW, seen=seen,
            )
            for title in ("Une laverie", "Des machines à laver")
        )
    )  # fmt: skip
    assert [isinstance(result, services.ChangedMeanwhile) for result in results].count(True) == 1
    assert group.edits.count() == 2
