"""What the State's directory says of the numbers that an association gave, beside what it says of itself."""

from dataclasses import dataclass

from accounts.models import Organisation
from cities.names import fold
from outside import registers
from outside.asking import NoAnswer
from outside.registers import Registered

# Words that people leave out or add without meaning another association.
_SMALL = frozenset(["association", "asso", "assoc", "de", "des", "du", "d", "et", "l", "la", "le", "les"])


@dataclass(frozen=True, slots=True)
class Looked:
    """Of one number. `found` None: not in the directory, unless it did not answer."""

    register: str
    number: str
    answered: bool
    found: Registered | None
    has_its_name: bool


def look_up(organisation: Organisation) -> list[Looked]:
    """Each of its numbers, as the directory knows it; none where the installation does not ask. A second or two."""
    if not registers.is_on():
        return []
    return [
        _looked(organisation, register, number) for register, number, _page in organisation.register_links
    ]


def are_of_two(looked: list[Looked]) -> bool:
    """Whether its numbers belong to more than one association."""
    return len({one.found.siren for one in looked if one.found}) > 1


def _looked(organisation: Organisation, register: str, number: str) -> Looked:
    try:
        found = registers.registered(number)
    except NoAnswer:
        return Looked(register, number, answered=False, found=None, has_its_name=False)
    has_its_name = found is not None and _words(organisation.name) in map(_words, _names(found))
    return Looked(register, number, answered=True, found=found, has_its_name=has_its_name)


def _names(found: Registered) -> list[str]:
    """Its names; the directory writes the first with the short one behind it: "LES PASSERELLES (LP)"."""
    return [*found.names, *(name.partition(" (")[0] for name in found.names)]


def _words(name: str) -> frozenset[str]:
    words = frozenset(fold(name).split())
    return words - _SMALL or words
