"""The installation's own pages write through the services: each change says who made it."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from accounts import services
from accounts.models import CityEdit, CityRole, Membership, PersonEdit, RoleChange
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.cities import CityFactory


@pytest.fixture(autouse=True)
def pages_are_djangos(settings):
    """Their lists of choices ask for each row."""
    settings.ZEAL_ALLOWLIST = [{"model": "*"}]


@pytest.fixture
def staff(db):
    return UserFactory(is_staff=True, is_superuser=True)


@pytest.fixture
def client(staff):
    client = Client()
    client.force_login(staff)
    return client


def form_of(page):
    """What a browser would send back from a page of the administration, untouched."""
    form = page.context["adminform"].form
    inlines = [inline.formset for inline in page.context["inline_admin_formsets"]]
    data = {}
    for part in [form, *(part for formset in inlines for part in (formset.management_form, *formset.forms))]:
        for bound in part:
            value = bound.value()
            if hasattr(value, "all") or isinstance(value, list | tuple):
                data[bound.html_name] = [getattr(one, "pk", one) for one in value]
            elif value is True:
                data[bound.html_name] = "on"
            elif value is not None and value is not False:
                data[bound.html_name] = getattr(value, "label", value)
    return data


def send(client, url, **changes):
    data = {**form_of(client.get(url)), **changes}
    answer = client.post(url, {name: value for name, value in data.items() if value is not None})
    assert answer.status_code == 302, answer.context["errors"]


def test_a_person_their_roles_and_their_associations(client, staff):
    kept, changed = CityRoleFactory(role="operator"), UserFactory(name="Lou")
    leaves = CityRoleFactory(user=changed, role="coordinator")
    member = MembershipFactory(user=changed)
    url = reverse("admin:accounts_user_change", args=[changed.pk])
    send(
        client, url, name="Lou M.", is_staff="on",
        **{
            "city_roles-0-DELETE": "on",
            "city_roles-TOTAL_FORMS": 2,
            "city_roles-1-city": kept.city.pk, "city_roles-1-role": "operator", "city_roles-1-user": changed.pk,
            "memberships-0-role": "manager",
        },
    )  # fmt: skip
    changed.refresh_from_db()
    edit = PersonEdit.objects.get()
    assert (edit.person, edit.by) == (changed, staff)
    assert edit.what == {"name": ["Lou", "Lou M."], "is_staff": [False, True]}
    assert [
        (change.city, change.what["role"], change.by) for change in changed.role_changes.order_by("pk")
    ] == [
        (leaves.city, ["coordinator", None], staff),
        (kept.city, [None, "operator"], staff),
    ]
    assert CityRole.objects.get(user=changed).given_by == staff
    assert Membership.objects.get(user=changed).role == "manager"
    assert changed.membership_changes.filter(organisation=member.organisation, by=staff).exists()
    assert not RoleChange.objects.filter(person=kept.user).exists()


def test_an_association(client, staff):
    organisation = OrganisationFactory(name="Les Voisins", phone="+33353010001")
    url = reverse("admin:accounts_organisation_change", args=[organisation.pk])
    send(client, url, name="Les Voisines")
    edit = organisation.edits.get()
    assert (edit.what, edit.by) == ({"name": ["Les Voisins", "Les Voisines"]}, staff)


def test_a_town_opened_changed_and_linked(client, staff):
    city, other = CityFactory(phone="1"), CityFactory()
    url = reverse("admin:cities_city_change", args=[city.pk])
    send(client, url, phone="2", linked=[other.pk])
    assert [(edit.what, edit.by) for edit in city.edits.all()] == [
        ({"phone": ["1", "2"]}, staff),
        ({"linked": [[], [other.slug]]}, staff),
    ]
    send(client, url, linked=None)
    assert not city.linked.exists()
    add = reverse("admin:cities_city_add")
    names = {"slug": "eybens", "name": "Eybens", "locative": "À Eybens"}
    send(client, add, **names, seat=city.seat.label, seat_choice=city.seat.pk, linked=[other.pk])
    opened = CityEdit.objects.filter(city__slug="eybens").first()
    assert opened.by == staff
    assert opened.what["name"] == [None, "Eybens"]
    assert other.linked.get().slug == "eybens"


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("personedit", ("at", "person", "by", "__str__")),
        ("rolechange", ("at", "person", "city", "by", "what")),
        ("organisationedit", ("at", "organisation", "by", "__str__")),
        ("membershipchange", ("at", "person", "organisation", "by", "what")),
        ("cityedit", ("at", "city", "by", "__str__")),
    ],
)
def test_the_histories_are_read_and_nothing_else(client, table, columns):
    page = client.get(reverse(f"admin:accounts_{table}_changelist"))
    assert page.status_code == 200
    assert tuple(page.context["cl"].list_display) == columns
    assert client.get(reverse(f"admin:accounts_{table}_add")).status_code == 403


def test_a_history_shows_its_rows(client, staff):
    role = CityRoleFactory(role="operator")
    moment = {"by": staff, "now": timezone.now()}
    services.take_role(user=role.user, city=role.city, role="operator", **moment)
    page = client.get(reverse("admin:accounts_rolechange_changelist"))
    for words in (str(role.user), str(role.city), str(staff), "operator"):
        assert escape(words) in page.content.decode()
