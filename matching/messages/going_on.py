"""To both sides of what goes on: more days, or fewer; a part of what was promised."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from catalogue.saying import titled
from catalogue.times import weekday_and_day, weekday_and_hour
from cities.days import local_time
from matching import links
from matching.messages.phrases import when
from matching.models import Match
from needs.words import given_words
from notifications.wording.texts import BuiltIn, Reader, Text

LONGER_ASKED = BuiltIn(
    name="match_longer_asked",
    events=("match_longer_asked",),
    reader=Reader.CITIZEN,
    title=gettext_lazy("Quelques jours de plus\u202f? %(offer)s"),
    body=gettext_lazy(
        "Bonjour,\n\nVous accueillez %(when)s. L’association demande si cela peut durer jusqu’au %(until)s.\n\n"
        "Dites oui ou non avant %(deadline)s. Vous êtes libre de dire non\u202f: le séjour finit alors comme prévu, "
        "et la ville cherche la suite."
    ),
    required=("when", "until", "deadline"),
)


def can_it_go_on(match: Match, person: User) -> Text:
    """Ask the host whether a stay can go on; yes or no in two taps."""
    assert match.longer_until is not None  # match_longer_while_it_goes_on
    assert match.longer_by is not None
    return LONGER_ASKED.filled(
        {
            "offer": titled(match.offer),
            "when": when(match),
            "until": weekday_and_day(match.longer_until),
            "deadline": weekday_and_hour(local_time(match.longer_by, match.city)),
        },
        action_label=_("Répondre oui ou non"),
        action_url=links.answer_path(match, person),
    )


LONGER = BuiltIn(
    name="match_longer",
    events=("match_longer",),
    reader=Reader.POSTER,
    title=gettext_lazy("C’est d’accord, cela continue\u202f: %(need)s"),
    body=gettext_lazy(
        "Bonjour,\n\nLa personne qui accueille est d’accord pour continuer, pour «\u00a0%(need)s\u00a0» "
        "(%(reference)s). C’est maintenant %(when)s."
    ),
    required=("need", "when"),
)


def goes_on(match: Match, person: User) -> Text:
    return LONGER.filled(
        {"need": titled(match.need), "reference": match.need.reference, "when": when(match)},
        action_label=_("Voir la mise en relation"),
        action_url=links.answer_path(match, person),
    )


NOT_LONGER = BuiltIn(
    name="match_not_longer",
    events=("match_not_longer",),
    reader=Reader.POSTER,
    title=gettext_lazy("Cela finit comme prévu\u202f: %(need)s"),
    body=gettext_lazy(
        "Bonjour,\n\nLa personne qui accueille ne peut pas continuer, pour «\u00a0%(need)s\u00a0» (%(reference)s). "
        "Rien ne change d’ici là\u202f: %(when)s.\n\nLa ville cherche pour les jours qui suivent."
    ),
    required=("need", "when"),
)


def does_not_go_on(match: Match, person: User) -> Text:
    """No, or no answer in time: nobody is blamed, and the search goes on."""
    return NOT_LONGER.filled(
        {"need": titled(match.need), "reference": match.need.reference, "when": when(match)},
    )


SHORTENED = BuiltIn(
    name="match_shortened",
    events=("match_shortened",),
    reader=Reader.EITHER,
    title=gettext_lazy("Fin avancée\u202f: %(about)s"),
    body=gettext_lazy(
        "Bonjour,\n\nLa mise en relation pour «\u00a0%(about)s\u00a0» finit plus tôt que prévu. C’est maintenant "
        "%(when)s. La ville cherche pour les jours qui suivent si besoin.\n\nUne question, un souci\u202f? La ville "
        "reste à votre écoute\u202f: %(city)s %(phone)s."
    ),
    required=("about", "when"),
)


def ends_sooner_for_owner(match: Match, person: User) -> Text:
    return _ends_sooner(match, titled(match.offer))


def ends_sooner_for_poster(match: Match, person: User) -> Text:
    return _ends_sooner(match, titled(match.need))


def _ends_sooner(match: Match, about: str) -> Text:
    return SHORTENED.filled(
        {"about": about, "when": when(match), "city": match.city.name, "phone": match.city.phone}
    )


IN_PART = BuiltIn(
    name="match_in_part",
    events=("match_in_part",),
    reader=Reader.EITHER,
    title=gettext_lazy("Remis en partie\u202f: %(about)s"),
    body=gettext_lazy(
        "Bonjour,\n\nPour «\u00a0%(about)s\u00a0», une partie a été remise\u202f: %(given)s. Le reste n’est plus "
        "réservé\u202f: la proposition et le besoin sont de nouveau ouverts pour ce qui manque.\n\nUne erreur\u202f? "
        "Appelez la ville\u202f: %(city)s %(phone)s."
    ),
    required=("about", "given"),
)


def in_part_for_owner(match: Match, person: User) -> Text:
    return _in_part(match, titled(match.offer))


def in_part_for_poster(match: Match, person: User) -> Text:
    return _in_part(match, titled(match.need))


def _in_part(match: Match, about: str) -> Text:
    return IN_PART.filled(
        {
            "about": about,
            "given": given_words(match.need, match.quantity),
            "city": match.city.name,
            "phone": match.city.phone,
        }
    )


TEXTS = (LONGER_ASKED, LONGER, NOT_LONGER, SHORTENED, IN_PART)
