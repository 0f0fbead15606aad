"""The catalogues' own tool, on a small product of its own."""

import gettext
import re
from datetime import date
from fnmatch import fnmatchcase

import pytest
from django.utils import translation
from django.utils.translation.trans_real import DjangoTranslation

from catalogue.times import weekday_and_day
from config import readers, translations, typography

CODE = """
from django.utils.translation import gettext_lazy as _, ngettext, pgettext, pgettext_lazy

name = _("proposition")
long = _(
    "Nous gardons vos réponses."
    " Rien n'est perdu."
)
count = ngettext("%(count)d besoin", "%(count)d besoins", 3)
state = pgettext("état d'un besoin", "ouvert")
again = _("proposition")
variable = _(name)
"""
PAGE = """{% load i18n %}
<div>
    {# a comment #}
  <p>{% translate "Je propose mon aide" %}</p>
      {% blocktranslate trimmed count number=n with place=city.name %}
        {{ number }} lit à {{ place }}
      {% plural %}
        {{ number }} lits à {{ place }}
      {% endblocktranslate %}
    <a title="{% translate 'Fermer' context 'bouton' %}">100 %</a>
  {% blocktranslate %}Gratuit à 100 %{% endblocktranslate %}
</div>
"""


@pytest.fixture
def root(tmp_path):
    (tmp_path / "offers" / "templates" / "offers").mkdir(parents=True)
    (tmp_path / "offers" / "migrations").mkdir()
    (tmp_path / "offers" / "models.py").write_text(CODE, encoding="utf-8")
    (tmp_path / "offers" / "migrations" / "0001_initial.py").write_text('_("jamais")', encoding="utf-8")
    (tmp_path / "offers" / "templates" / "offers" / "page.html").write_text(PAGE, encoding="utf-8")
    return tmp_path


def translate(root, language, **texts):
    """Fill in the .po file by hand, as a person would."""
    path = translations.po_path(language, root)
    po = path.read_text(encoding="utf-8")
    for original, wording in texts.items():
        po = po.replace(f'msgid "{original}"\nmsgstr ""', f'msgid "{original}"\nmsgstr "{wording}"')
    path.write_text(po, encoding="utf-8")


def ids(root):
    return {(message.context, message.id) for message in translations.extract(root) if message.id}


def test_every_kind_of_text_is_found(root):
    assert ids(root) == {
        (None, "proposition"),
        (None, "Nous gardons vos réponses. Rien n'est perdu."),
        (None, ("%(count)d besoin", "%(count)d besoins")),
        ("état d'un besoin", "ouvert"),
        (None, "Je propose mon aide"),
        (None, ("%(number)s lit à %(place)s", "%(number)s lits à %(place)s")),
        ("bouton", "Fermer"),
        (None, "Gratuit à 100 %%"),
    }


def test_an_update_is_stable_and_holds_no_line_number_or_date(root):
    assert translations.update("en", root)
    assert not translations.update("en", root)
    po = translations.po_path("en", root).read_text(encoding="utf-8")
    assert "#: offers/models.py\n" in po
    assert "Date" not in po
    (root / "offers" / "models.py").write_text("\n\n\n" + CODE, encoding="utf-8")
    assert not translations.update("en", root)


def test_translations_stay_and_texts_that_are_gone_go(root):
    translations.update("en", root)
    translate(root, "en", proposition="offer")
    (root / "offers" / "models.py").write_text('_("proposition")', encoding="utf-8")
    assert translations.update("en", root)
    po = translations.po_path("en", root).read_text(encoding="utf-8")
    assert 'msgid "proposition"\nmsgstr "offer"' in po
    assert "ouvert" not in po
    assert "#~" not in po


PLURALS = {
    "ar": {0: 0, 1: 1, 2: 2, 3: 3, 10: 3, 11: 4, 26: 4, 99: 4, 100: 5, 102: 5, 103: 3, 111: 4, 200: 5},
    "en": {0: 1, 1: 0, 2: 1, 21: 1},
    "fa": {0: 0, 1: 0, 2: 1},
    "pt_BR": {0: 0, 1: 0, 2: 1},
    "uk": {0: 2, 1: 0, 2: 1, 4: 1, 5: 2, 11: 2, 12: 2, 21: 0, 22: 1, 111: 2},
}


@pytest.mark.parametrize("language", PLURALS)
def test_a_language_counts_as_unicode_says(root, language):
    """Each number takes one of the forms zero, one, two, few, many, other, counted among those that there are."""
    forms = PLURALS[language]
    translations.update(language, root)
    po = translations.po_path(language, root).read_text(encoding="utf-8")
    assert re.findall(r"^msgstr\[(\d)\]", po, re.M)[: max(forms.values()) + 1] == [
        str(form) for form in range(max(forms.values()) + 1)
    ]
    assert f"msgstr[{max(forms.values()) + 1}]" not in po, "a form that no number takes"
    translations.compile_all(root)
    with translations.po_path(language, root).with_suffix(".mo").open("rb") as file:
        form_of = gettext.GNUTranslations(file).plural
    assert {number: form_of(number) for number in forms} == forms


def test_french_counts_nothing_in_the_singular(root):
    """0 personne, 1 personne, 2 personnes: made of the sources, in code and in pages, without a .po file."""
    (written,) = translations.compile_all(root)
    assert not translations.compile_all(root), "nothing has changed"
    with written.open("rb") as file:
        french = gettext.GNUTranslations(file)
    for one, several in (
        ("%(count)d besoin", "%(count)d besoins"),
        ("%(number)s lit à %(place)s", "%(number)s lits à %(place)s"),
    ):
        assert [french.ngettext(one, several, n) for n in (0, 1, 2)] == [one, one, several]
    assert french.gettext("proposition") == "proposition"
    assert not translations.po_path("fr", root).exists()
    more = CODE + 'ngettext("%(n)s lit", "%(n)s lits", 0)'
    (root / "offers" / "models.py").write_text(more, encoding="utf-8")
    assert translations.compile_all(root) == [written]


def test_every_french_count_of_the_product_says_0_as_1():
    translations.compile_all()
    french = DjangoTranslation("fr")
    counts = [message for message in translations.extract() if isinstance(message.id, tuple)]
    assert len(counts) > 50
    for message in counts:
        one, several = message.id
        if message.context is None:
            said = [french.ngettext(one, several, n) for n in (0, 1, 2)]
        else:
            said = [french.npgettext(message.context, one, several, n) for n in (0, 1, 2)]
        assert said == [one, one, several]


def test_the_check_names_what_is_wrong(root):
    (root / "offers" / "models.py").write_text('_("Bonjour %(name)s"); _("Oui"); _("Non")', encoding="utf-8")
    (root / "offers" / "templates" / "offers" / "page.html").unlink()
    assert all(problem.startswith("missing") for problem in translations.problems("en", root))
    translations.update("en", root)
    assert {problem.partition(":")[0] for problem in translations.problems("en", root)} == {"untranslated"}
    translate(root, "en", **{"Bonjour %(name)s": "Hello %(nom)s", "Oui": "Yes", "Non": "No"})
    assert translations.problems("en", root) == ["other placeholders: 'Bonjour %(name)s' (offers/models.py)"]
    path = translations.po_path("en", root)
    po = path.read_text(encoding="utf-8").replace("%(nom)s", "%(name)s")
    path.write_text(po, encoding="utf-8")
    assert translations.problems("en", root) == []
    path.write_text(po.replace('msgid "Oui"', '#, fuzzy\nmsgid "Oui"'), encoding="utf-8")
    assert translations.problems("en", root) == ["fuzzy: 'Oui' (offers/models.py)"]
    (root / "offers" / "models.py").write_text('_("Bonjour %(name)s"); _("Oui")', encoding="utf-8")
    assert "no longer used: 'Non'" in translations.problems("en", root)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("100 %% gratuit", set()),
        ("100 % gratuit", set()),
        ("%(name)s à %(place)s", {"%(name)", "%(place)"}),
        ("%d lits", {"%d"}),
        ("{name} et {}", {"{name}"}),
        ("une { seule", set()),
    ],
)
def test_placeholders(text, found):
    assert translations.placeholders(text) == found


def test_compiled_catalogues_are_read_by_pythons_own_gettext(root):
    translations.update("en", root)
    translate(root, "en", proposition="offer")
    target = translations.po_path("en", root).with_suffix(".mo")
    assert target in translations.compile_all(root)
    with target.open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("proposition") == "offer"
    assert translations.compile_all(root) == [], "what is up to date is left alone"


def test_a_page_that_cannot_be_read_is_named(root):
    page = root / "offers" / "templates" / "offers" / "page.html"
    page.write_text("{% load i18n %}{% blocktranslate %}a{% if b %}c{% endif %}{% endblocktranslate %}")
    with pytest.raises(translations.UnreadableSourceError, match=r"page\.html"):
        translations.extract(root)


def test_a_text_under_a_name_that_is_not_read_is_refused(root):
    """Such a text would stay French in every language, and the check would not miss it."""
    code = root / "offers" / "models.py"
    code.write_text(
        'from django.utils.translation import gettext as say\n\nname = say("Matin")\n', encoding="utf-8"
    )
    with pytest.raises(translations.UnreadableSourceError, match=r"models\.py:1: gettext as say"):
        translations.extract(root)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr", "jeudi 9 avril"),
        ("en", "Thursday 9 April"),
        ("ar", "الخميس 9 أبريل"),
        ("uk", "четвер 9 квітня"),
        ("ru", "четверг, 9 апреля"),
        ("fa-af", "پنجشنبه 9 اپریل"),
        ("es", "jueves 9 de abril"),
    ],
)
def test_a_day_is_said_as_the_language_says_it(language, said):
    """A month beside a day in its own form, and the names that Afghans give to months."""
    with translation.override(language):
        assert weekday_and_day(date(2026, 4, 9)) == said


def test_a_language_for_the_public_holds_what_somebody_outside_the_team_may_read(root):
    (root / "desk").mkdir()
    (root / "desk" / "views.py").write_text('a = _("À décider")\nb = _("proposition")\n', encoding="utf-8")
    held = {message.id for message in translations.texts_for("uk", root) if message.id}
    assert "proposition" in held, "it stands outside the desk too"
    assert "À décider" not in held
    assert "À décider" in {message.id for message in translations.texts_for("ar", root) if message.id}


def test_each_pattern_of_the_team_s_own_sources_finds_one():
    files = [path.relative_to(translations.ROOT).as_posix() for path in translations.sources()]
    patterns = [*readers.TEAM_ONLY, *readers.PUBLIC_ALL_THE_SAME]
    assert [one for one in patterns if not any(fnmatchcase(file, one) for file in files)] == []


@pytest.mark.parametrize(
    ("asked", "given"), [("prs", "fa-af"), ("fa", "fa-af"), ("fa-AF", "fa-af"), ("uk-UA", "uk"), ("pt", "fr")]
)
def test_a_browser_s_wish_is_read(asked, given, rf):
    assert translation.get_language_from_request(rf.get("/", headers={"Accept-Language": asked})) == given


def test_a_text_that_is_counted_in_one_place_alone_is_refused(root):
    """Gettext finds no counted text by a look-up without a number: it would stay French."""
    (root / "offers" / "views.py").write_text('a = _("%(count)d besoin")\n', encoding="utf-8")
    with pytest.raises(translations.UnreadableSourceError, match="counted in one place"):
        translations.extract(root)


@pytest.mark.parametrize(
    ("language", "texts", "wrong"),
    [
        ("fr", ["Quand\u202f? «\u00a0Ce soir\u00a0»\u202f: %(hour)s"], False),
        ("fr", ["Quand ?"], True),
        ("fr", ["« Ce soir »"], True),
        ("ar", ["متى؟ اليوم، 12,5"], False),
        ("ar", ["متى?"], True),
        ("ar", ["اتصلوا بالرقم 06 12 34 56 78"], True),
        ("ar", ["اتصلوا بالرقم \u206606 12 34 56 78\u2069"], False),
        ("ar", ["لا أيام", "يوم واحد", "يومان", "%(n)s أيام", "%(n)s يوما", "%(n)s يوم"], False),
        ("ar", ["%(n)s يوم", "%(n)s يوم", "%(n)s يوم", "%(n)s أيام", "%(n)s يوما", "%(n)s يوم"], True),
        ("fa_AF", ["كتاب"], True),
        ("fa_AF", ["کتاب"], False),
        ("es", ["Cuándo?"], True),
        ("es", ["¿Cuándo? |?pan"], False),
        ("ru", ["Mожно"], True),  # a Latin M
        ("ru", ["Можно"], False),
        ("uk", ["эта"], True),
        ("en", ["When\u202f?"], True),
    ],
)
def test_a_text_looks_as_its_language_asks(language, texts, wrong):
    assert bool(list(typography.faults(language, texts))) is wrong


def test_the_french_of_the_product_looks_as_french_asks(root):
    (root / "offers" / "views.py").write_text('a = _("Quand ?")\n', encoding="utf-8")
    assert (
        "no narrow space before a sign: 'Quand ?' (offers/views.py)"
        in translations.problems_of_the_source(root)
    )
    assert translations.problems_of_the_source() == []
