"""Edits in words, by the labels of the fields."""

from datetime import date

import pytest
from django.utils import translation

from catalogue.change_words import lines
from needs.models import Need
from offers.models import Offer

TODAY = date(2026, 3, 1)


def said(what, model=Offer, **options):
    return lines(
        model, what, today=TODAY, **{"communes": {"38158": "Eybens", "38185": "Grenoble"}, **options}
    )


@pytest.mark.parametrize(
    ("what", "line"),
    [
        (
            {"windows": [[["2026-03-03", "2026-03-20"]], [["2026-03-03", "2026-03-15"]]]},
            "Jours\u202f: du 3 au 20 mars → du 3 au 15 mars",
        ),
        (
            {"windows": [[["2026-03-03", None]], [["2026-03-03", "2026-03-03"], ["2026-04-01", None]]]},
            "Jours\u202f: à partir du 3 mars → le 3 mars, à partir du 1er avril",
        ),
        ({"capacity": [2, 4]}, "Capacité\u202f: 2 → 4"),
        ({"reach_km": [5.0, 12.5]}, "Distance (km)\u202f: 5 → 12.5"),
        ({"pets_accepted": [False, True]}, "Animaux acceptés\u202f: non → oui"),
        ({"category": ["shared_room", "separate_room"]},
         "Catégorie\u202f: Chambre chez l’habitant → Chambre indépendante"),
        ({"commune": ["38158", "38185"], "latitude": [1.5, 2.5], "longitude": [3.5, 4.5]},
         "Commune\u202f: Eybens → Grenoble"),
        ({"latitude": [1.5, 2.5], "longitude": [3.5, 4.5]}, "Changement\u202f: point sur la carte"),
        ({"accepts": [[], ["women", "couples"]]},
         "Qui pouvez-vous accueillir\u202f: – → Une femme seule, Un couple"),
        ({"languages": [["fr"], ["fr", "ar"]]}, "Langues parlées\u202f: français → français, arabe"),
        ({"slots": [["mon 09:00-12:00"], []]}, "Créneaux de la semaine\u202f: lundi matin → –"),
        ({"best_before": [None, "2026-04-01"]}, "À consommer avant le\u202f: – → 1er avril"),
        ({"nearest_stop": ["", "Gare"]}, "Arrêt le plus proche\u202f: – → Gare"),
        ({"text": ["Au calme", "Sur cour"]}, "Changement\u202f: précisions"),
        ({"address": [None, None]}, "Changement\u202f: adresse"),
        ({"vetted_at": ["2026-01-05T09:00:00+00:00", None], "vetted_by": [7, None]},
         "La visite est à refaire"),
    ],
)  # fmt: skip
def test_a_line_for_each_field(what, line):
    assert said(what) == [line]


def test_days_of_a_need():
    assert said({"last_day": ["2026-03-20", "2027-03-15"]}, Need) == [
        "Dernier jour\u202f: 20 mars → 15 mars 2027"
    ]


def test_hidden_fields_say_that_they_changed_and_no_more():
    assert said({"capacity": [1, 2], "address": ["1 rue A", "2 rue B"]}, hidden={"address"}) == [
        "Changement\u202f: adresse",
        "Capacité\u202f: 1 → 2",
    ]


def test_in_the_readers_language():
    with translation.override("ar"):
        (line,) = said({"category": ["shared_room", "separate_room"]})
    assert "→" not in line, "from right to left the arrow would point back"
    with translation.override("en"):
        assert said({"pets_accepted": [False, True]}) == ["Animals accepted: no → yes"]


def test_every_field_that_can_change_has_words():
    from catalogue.changes import editable_fields

    for model in (Offer, Need):
        for field in editable_fields(model):
            for value in said({field.name: [None, None]}, model):
                assert value
