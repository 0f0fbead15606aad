"""Numbers, addresses and names as people write them, and as spreadsheet programs leave them."""

from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError

from catalogue.contacts import (
    EmailField,
    NameField,
    PhoneField,
    known_number,
    normalised_email,
    read_emails,
    read_name,
    read_phones,
    region_of,
    shown,
)
from notifications.channels.sms.numbers import can_receive

MOBILE, HOME = "+33612345678", "+33353010001"


@pytest.mark.parametrize(
    "written",
    [
        "06 12 34 56 78",
        "0612345678",
        "06.12.34.56.78",
        "06-12-34-56-78",
        "06/12/34/56/78",
        "06–12–34–56–78",
        "06\u00a012\u00a034\u00a056\u00a078",
        "06\u202f12\u202f34\u202f56\u202f78",
        "0 6 1 2 3 4 5 6 7 8",
        "061 234 5678",
        "(06) 12 34 56 78",
        "+33 6 12 34 56 78",
        "+33612345678",
        "+33 (0)6 12 34 56 78",
        "+33(0)612345678",
        "0033612345678",
        "0033 (0)6 12 34 56 78",
        "33 6 12 34 56 78",
        "33612345678",
        "330612345678",
        "612345678",
        "612345678.0",
        "612345678,0",
        "6.12345678E+08",
        "6,12345678E+08",
        "3.3612345678E+10",
        "'0612345678",
        "O6 12 34 56 78",
        "o612345678",
        "06.12.34.56.78.",
        "tel:+33612345678",
        "Tél : 06 12 34 56 78",
        "Tél. portable : 06 12 34 56 78",
        "N° 06 12 34 56 78",
        "📞 06 12 34 56 78",
        "\u202a+33612345678\u202c",
        "\u200f0612345678",
        "\ufeff0612345678",
        "٠٦١٢٣٤٥٦٧٨",
        "۰۶۱۲۳۴۵۶۷۸",
        "০৬১২৩৪৫৬৭৮",
        "٠٦ ١٢ ٣٤ ٥٦ ٧٨",
        "0612345678;0612345678",
    ],
)
def test_one_number_in_many_shapes(written: str) -> None:
    found = read_phones(written)
    assert found is not None
    assert (str(found.number), found.others, found.note) == (MOBILE, (), "")


@pytest.mark.parametrize(
    ("written", "number", "mobile"),
    [
        ("0639 01 00 01", "+262639010001", True),
        ("0692 00 00 01", "+262692000001", True),
        ("0693 01 23 45", "+262693012345", True),
        ("0690 00 12 34", "+590690001234", True),
        ("0694 20 12 34", "+594694201234", True),
        ("0696 20 12 34", "+596696201234", True),
        ("0262 20 12 34", "+262262201234", False),
        ("0269 60 12 34", "+262269601234", False),
        ("0590 27 12 34", "+590590271234", False),
        ("0594 30 12 34", "+594594301234", False),
        ("0596 60 12 34", "+596596601234", False),
        ("0508 41 12 34", "+508411234", False),
        ("692000001", "+262692000001", True),
        ("+33 692 00 00 01", "+262692000001", True),
        ("00262 692 00 00 01", "+262692000001", True),
        ("262692000001", "+262692000001", True),
        ("+687 75 12 34", "+687751234", True),
        ("+377 93 15 12 34", "+37793151234", False),
        ("0049 151 23456789", "+4915123456789", True),
        ("+380 44 123 45 67", "+380441234567", False),
        ("09 76 01 23 45", "+33976012345", False),
        ("03 53 01 00 01", HOME, False),
        ("06 12 34 56 78", MOBILE, True),
    ],
)
def test_regions_and_countries_and_what_receives_an_sms(written: str, number: str, mobile: bool) -> None:
    found = read_phones(written)
    assert found is not None
    assert (str(found.number), can_receive(found.number)) == (number, mobile)


@pytest.mark.parametrize(
    ("written", "seat", "number"),
    [
        ("75 12 34", "98818", "+687751234"),
        ("87 12 34 56", "98735", "+68987123456"),
        ("72 12 34", "98613", "+681721234"),
        ("0692 00 00 01", "97411", "+262692000001"),
        ("06 12 34 56 78", "97411", MOBILE),
        ("0690 00 12 34", "97105", "+590690001234"),
        ("06 12 34 56 78", "98818", MOBILE),
        ("0696 20 12 34", "97209", "+596696201234"),
        ("0639 01 00 01", "97611", "+262639010001"),
    ],
)
def test_a_towns_own_short_numbers(written: str, seat: str, number: str) -> None:
    found = read_phones(written, region=region_of(seat))
    assert found is not None
    assert str(found.number) == number


@pytest.mark.parametrize(
    ("written", "others", "note"),
    [
        ("06 12 34 56 78 / 03 53 01 00 01", [HOME], ""),
        ("06.12.34.56.78/03.53.01.00.01", [HOME], ""),
        ("0612345678 0353010001", [HOME], ""),
        ("06 12 34 56 78 ou 03 53 01 00 01", [HOME], ""),
        ("06 12 34 56 78\n03 53 01 00 01", [HOME], ""),
        ("06 12 34 56 78 - 03 53 01 00 01", [HOME], ""),
        ("Port: 06 12 34 56 78 Fixe: 03 53 01 00 01", [HOME], ""),
        ("06 12 34 56 78;+49 151 23456789", ["+4915123456789"], ""),
        ("06 12 34 56 78 (soir)", [], "soir"),
        ("06 12 34 56 78 le matin", [], "le matin"),
        ("06 12 34 56 78 (demander Marie)", [], "demander Marie"),
        ("06 12 34 56 78 après 18h", [], "après 18h"),
        ("06 12 34 56 78 9h-12h", [], "9h-12h"),
        ("06 12 34 56 78 poste 12", [], "poste 12"),
        ("06 12 34 56 78 entre 9h et 12h, sauf mardi", [], "entre 9h et 12h, sauf mardi"),
        ("06 12 34 56 78 le soir / 03 53 01 00 01 le matin", [HOME], "le soir, le matin"),
        ("+33 6 12 34 56 78 ; 14", [], "14"),
        ("06 12 34 56 78 / fax 03 53 01 00 01", [], "fax 03 53 01 00 01"),
        # Not a number: kept as it stands.
        ("06 12 34 56 78 ou 07 12 34 56 78", [], "07 12 34 56 78"),
    ],
)
def test_several_numbers_and_words_are_all_kept(written: str, others: list[str], note: str) -> None:
    found = read_phones(written)
    assert found is not None
    assert (str(found.number), [str(one) for one in found.others], found.note) == (MOBILE, others, note)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("3.53E+08", "lost"),
        ("3,53E+08", "lost"),
        ("6.12E+8", "lost"),
        ("115", "special"),
        ("15", "special"),
        ("112", "special"),
        ("3949", "special"),
        ("39 49", "special"),
        ("116 000", "special"),
        ("118 218", "special"),
        ("0800 12 34 56", "special"),
        ("0892 12 34 56", "special"),
        ("0809 12 34 56", "special"),
        ("49 151 23456789", "foreign"),
        ("4915123456789", "foreign"),
        ("06 12 34 56", "incomplete"),
        ("06 12 34 56 78 9", "incomplete"),
        ("1061234567", "incomplete"),
        ("+33 6 12 34", "incomplete"),
        ("Marie", "incomplete"),
        ("12", "incomplete"),
        ("75 12 34", "incomplete"),
    ],
)
def test_what_is_no_persons_number_is_refused_with_a_sentence(written: str, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        read_phones(written)
    assert caught.value.code == code
    assert written not in caught.value.messages[0]


def test_an_association_may_have_a_special_number() -> None:
    found = read_phones("0800 12 34 56", of_person=False)
    assert found is not None
    assert str(found.number) == "+33800123456"


NOTHING = [
    "",
    "-",
    "—",
    "/",
    "aucun",
    "Aucune",
    "néant",
    "sans",
    "NC",
    "n/c",
    "x",
    "non",
    "nan",
    "Inconnu",
    "non communiqué",
]


@pytest.mark.parametrize("written", [*NOTHING, "pas de téléphone", "n'a pas de portable", "0"])
def test_no_number_in_words(written: str) -> None:
    assert read_phones(written) is None


@pytest.mark.parametrize(
    "written",
    [*NOTHING, "pas de mail", "n’a pas d’adresse", "n'a pas d'adresse mail", "pas d'e-mail", "n'en a pas"],
)
def test_no_address_in_words(written: str) -> None:
    assert read_emails(written) is None


@pytest.mark.parametrize(
    ("phone", "words"),
    [
        ("0612345678", "06 12 34 56 78"),
        ("0692000001", "0692 00 00 01"),
        ("+4915123456789", "+49 1512 3456789"),
        ("+687751234", "+687 75.12.34"),
    ],
)
def test_a_number_is_shown_as_it_is_dialled(phone: str, words: str) -> None:
    number = known_number(phone)
    assert number is not None
    assert shown(number) == words


@pytest.mark.parametrize(
    "written",
    [
        "marie@x.fr",
        "Marie@X.FR",
        " marie@x.fr ",
        "Marie <marie@x.fr>",
        "Marie Dupont <marie@x.fr>",
        "<marie@x.fr>",
        "mailto:marie@x.fr",
        "marie@x.fr.",
        "marie@x.fr,",
        "marie@x.fr;",
        "marie @ x.fr",
        "marie@ x.fr",
        "marie(at)x.fr",
        "marie [at] x [dot] fr",
        "marie arobase x point fr",
        "'marie@x.fr'",
        '"marie@x.fr"',
        "«\u00a0marie@x.fr\u00a0»",
        "marie@x.fr\u200b",
        "\u202amarie@x.fr\u202c",
        "e-mail : marie@x.fr",
        "marie@x.fr (perso)",
        "marie＠x.fr",
        "marie @x.fr",
        "marie@x .fr",
    ],
)
def test_one_address_in_many_shapes(written: str) -> None:
    found = read_emails(written)
    assert found is not None
    assert (found.address, found.others) == ("marie@x.fr", ())


@pytest.mark.parametrize(
    "written",
    [
        "a@x.fr; b@y.fr",
        "a@x.fr / b@y.fr",
        "a@x.fr b@y.fr",
        "a@x.fr ou b@y.fr",
        "A <a@x.fr>, B <b@y.fr>",
        "a@x.fr\nb@y.fr",
    ],
)
def test_several_addresses_are_all_kept(written: str) -> None:
    found = read_emails(written)
    assert found is not None
    assert (found.address, found.others) == ("a@x.fr", ("b@y.fr",))


@pytest.mark.parametrize(
    "written",
    [
        "Marie",
        "marie@",
        "@x.fr",
        "marie@x",
        "marie dupont@x.fr",
        "marié@x.fr",
        "marie@orange.f",
        f"{'a' * 250}@x.fr",
    ],
)
def test_what_is_no_address_for_certain_is_refused(written: str) -> None:
    with pytest.raises(ValidationError) as caught:
        read_emails(written)
    assert written not in caught.value.messages[0]


@pytest.mark.parametrize(
    "spelling",
    [
        "marie@école.fr",
        "MARIE@ÉCOLE.FR",
        "marie@xn--cole-9oa.fr",
        "Marie@XN--COLE-9OA.fr",
        "marie@e\u0301cole.fr",
    ],
)
def test_two_spellings_of_a_domain_are_one_person(spelling: str) -> None:
    assert normalised_email(spelling) == "marie@école.fr"


@pytest.mark.parametrize(
    ("domain", "usual"),
    [
        ("gmial.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("hotmal.fr", "hotmail.fr"),
        ("yaho.fr", "yahoo.fr"),
        ("wanado.fr", "wanadoo.fr"),
        ("gmail.com", ""),
        ("gmx.net", ""),
        ("exemple.fr", ""),
        ("laposte.fr", ""),
        ("ville.fr", ""),
    ],
)
def test_a_slip_of_a_domain_is_noticed_and_never_changed(domain: str, usual: str) -> None:
    found = read_emails(f"marie@{domain}")
    assert found is not None
    assert (found.address, found.slip) == (f"marie@{domain}", usual)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("«\u00a0Mme\u00a0DUPONT  Marie\u00a0»", "Mme DUPONT Marie"),
        ("Marie\u200b Dupont", "Marie Dupont"),
        ("\u202bفاطمة\u202c", "فاطمة"),
        ("D'Artagnan", "D’Artagnan"),
        ("'Marie'", "Marie"),
        ('"Marie"', "Marie"),
        ("MARIE DUPONT", "MARIE DUPONT"),
        ("Marie et Jean Dupont", "Marie et Jean Dupont"),
        ("-", ""),
        ("NC", ""),
        ("No", "No"),
        ("Marie\nDupont", "Marie Dupont"),
        ("e\u0301lodie", "élodie"),
        ("Jean-Pierre,", "Jean-Pierre"),
    ],
)
def test_a_name_is_shown_well_and_nothing_is_moved(written: str, name: str) -> None:
    assert read_name(written) == name


class Contact(forms.Form):
    name = NameField(required=False)
    phone = PhoneField(required=False)
    email = EmailField(required=False)


def contact(**data: Any) -> Contact:
    return Contact(data)


def test_forms_read_the_same() -> None:
    form = contact(name="«\u00a0Marie\u00a0»", phone="Tél : ٠٦١٢٣٤٥٦٧٨", email="Marie <Marie@X.fr>")
    assert form.is_valid()
    assert {name: str(value) for name, value in form.cleaned_data.items()} == {
        "name": "Marie", "phone": MOBILE, "email": "marie@x.fr",
    }  # fmt: skip
    nothing = contact(phone="aucun", email="pas de mail")
    assert nothing.is_valid()
    assert nothing.cleaned_data == {"name": "", "phone": "", "email": ""}


def test_a_box_for_one_takes_one() -> None:
    form = contact(phone="06 12 34 56 78 / 03 53 01 00 01", email="a@x.fr; b@y.fr")
    assert (form.errors["phone"], form.errors["email"]) == (
        ["Écrivez un seul numéro ici."],
        ["Écrivez une seule adresse ici."],
    )
    assert contact(phone="115").errors["phone"][0].startswith("Ce numéro court ou spécial")
    assert contact(phone="0612").errors["phone"] == [
        "Ce numéro n’est pas complet. Écrivez-le par exemple 06 12 34 56 78."
    ]


def test_a_slip_is_asked_about_once() -> None:
    asked = contact(email="marie@gmial.com")
    assert asked.has_error("email", "slip")
    assert "gmail.com" in asked.errors["email"][0]
    assert '<input type="hidden" name="email_sure" value="marie@gmial.com">' in str(asked["email"])
    sure = contact(email="marie@gmial.com", email_sure="marie@gmial.com")
    assert sure.is_valid()
    assert sure.cleaned_data["email"] == "marie@gmial.com"
    # Another slip is another question.
    assert contact(email="marie@gmal.com", email_sure="marie@gmial.com").has_error("email", "slip")
    assert "email_sure" not in str(contact(email="marie@gmail.com")["email"])
