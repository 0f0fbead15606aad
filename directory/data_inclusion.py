"""Services and their structures in the schema of data.inclusion, version 1 (docs/directory.md): read and written.

https://github.com/gip-inclusion/data-inclusion-schema. Our own addition is `langues`, the languages spoken (BCP 47),
for which the schema has no place.
"""

import csv
import io
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.html import strip_tags
from django.utils.text import slugify
from django.utils.translation import gettext as _

from catalogue.contacts import read_phone, region_of
from catalogue.contacts.signs import bare
from catalogue.languages import MOST_LANGUAGES, validate_language
from cities.models import City, Commune
from cities.selectors import AmbiguousCommune, CommuneNotFound, find_commune
from directory import opening_hours
from directory.models import LONGEST_ABOUT, Fees, Service
from directory.themes import THEME_OF

# It is read whole. That of a department fits many times, that of the country is to be cut first.
MOST_BYTES = 64 * 1024 * 1024
_LONGEST = {
    "name": 150,
    "about": LONGEST_ABOUT,
    "hours_note": 300,
    "address": 200,
    "run_by": 150,
    "how_to_come": 300,
}
_ID = re.compile(r"[!-~]{1,200}")
_PARIS = ZoneInfo("Europe/Paris")
Row = Mapping[str, Any]


class NotOfTheSchema(Exception):
    """A file that is neither JSON nor CSV in this schema; says what is wrong with it."""


class BadRow(Exception):
    """A service that cannot be read; says why."""


@dataclass(frozen=True, slots=True)
class Read:
    """A service as it was read."""

    source: str
    source_id: str
    structure: str
    # Of its structure, by which an association of the town is recognised.
    siret: str
    fields: dict[str, Any]
    as_of: date


# --- In ------------------------------------------------------------------------------------------------


def rows(content: bytes) -> list[Row]:
    """The objects of a file in JSON (a list, or a page of the API with `items`) or CSV. Raises NotOfTheSchema."""
    if len(content) > MOST_BYTES:
        raise NotOfTheSchema(
            _("Ce fichier est trop lourd\u202f: %(most)d Mo au plus.") % {"most": MOST_BYTES >> 20}
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotOfTheSchema(_("Ce fichier n’est pas en UTF-8.")) from error
    found = _json(text) if text.lstrip()[:1] in ("[", "{") else _csv(text)
    if not all(isinstance(row, dict) for row in found):
        raise NotOfTheSchema(_("Ce fichier ne contient pas une liste de services."))
    return found


def _json(text: str) -> list[Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotOfTheSchema(_("Ce fichier JSON est incomplet ou abîmé.")) from error
    if isinstance(found, dict):
        found = found.get("items")
    if not isinstance(found, list):
        raise NotOfTheSchema(_("Ce fichier ne contient pas une liste de services."))
    return found


def _csv(text: str) -> list[Any]:
    reader = csv.DictReader(io.StringIO(text))
    try:
        names, found = set(reader.fieldnames or ()), list(reader)
    except csv.Error as error:
        raise NotOfTheSchema(_("Ce fichier CSV est abîmé.")) from error
    if not {"id", "source", "nom"} <= names:
        raise NotOfTheSchema(_("Ce fichier n’a pas les colonnes id, source et nom."))
    return found


def structures_by_id(found: Iterable[Row]) -> dict[str, Row]:
    return {_line(row, "id"): row for row in found if _line(row, "id")}


def key_of(row: Row) -> tuple[str, str]:
    """By which list, and under which name there, a service is known; "" where that cannot be read."""
    return _line(row, "source"), _line(row, "id")


def read(row: Row, structures: Mapping[str, Row], *, city: City) -> Read:
    """One service; what it lacks its structure says. Raises BadRow."""
    source, number = key_of(row)
    if not _ID.fullmatch(source) or len(source) > 80 or not _ID.fullmatch(number):
        raise BadRow(_("il n’a ni source ni identifiant lisibles"))
    structure_id = _line(row, "structure_id")
    structure = structures.get(structure_id, {})
    name = _line(row, "nom")
    if len(name) < 3:
        raise BadRow(_("il n’a pas de nom"))
    about = bare_lines(_text(row, "description") or _text(row, "presentation_resume"))
    if len(about) < 5:
        raise BadRow(_("rien ne dit ce qu’on y trouve"))
    thematics = sorted({code for code in _several(row, "thematiques") if code in THEME_OF})
    if not thematics:
        raise BadRow(_("aucune de ses thématiques n’est dans le schéma"))
    hours = _line(row, "horaires_accueil") or _line(structure, "horaires_accueil")
    slots, note = opening_hours.read(hours)
    languages = [code for code in _several(row, "langues") if _is_language(code)][:MOST_LANGUAGES]
    fields = {
        "run_by": _line(structure, "nom") or source,
        "name": name,
        "about": about,
        "thematics": thematics,
        "slots": slots,
        "hours_note": note,
        "address": ", ".join(
            part
            for part in (_said(row, structure, "adresse"), _said(row, structure, "complement_adresse"))
            if part
        ),
        "phone": _phone(_said(row, structure, "telephone"), city),
        "email": _email(_said(row, structure, "courriel")),
        "site": _site(_line(row, "lien_mobilisation") or _line(structure, "site_web")),
        "fees": _line(row, "frais") if _line(row, "frais") in Fees.values else "",
    }
    # What a list does not say at all, the town says.
    if languages:
        fields["languages"] = languages
    cut = {key: _cut(str(fields[key]), most) for key, most in _LONGEST.items() if key in fields}
    return Read(
        source=source,
        source_id=number,
        structure=structure_id[:200],
        siret=_line(structure, "siret"),
        fields={**fields, **cut},
        as_of=_day(row),
    )


def insee_of(row: Row, structures: Mapping[str, Row], *, city: City) -> str:
    """The commune in which a service is, by its code or by its name and postcode; "" where none is sure."""
    structure = structures.get(_line(row, "structure_id"), {})
    code = _said(row, structure, "code_insee").upper()
    name = f"{_said(row, structure, 'code_postal')} {_said(row, structure, 'commune')}".strip()
    if code or not name:
        return code
    try:
        return find_commune(name, city=city).insee
    except (AmbiguousCommune, CommuneNotFound):
        return ""


def is_for(row: Row, publics: Collection[str]) -> bool:
    """Whether a service is for one of these publics, or for everybody."""
    said = set(_several(row, "publics"))
    return not publics or not said or "tous-publics" in said or bool(said.intersection(publics))


def bare_lines(text: str) -> str:
    """Without markup, line by line."""
    lines = (bare(line) for line in strip_tags(text).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _said(row: Row, structure: Row, name: str) -> str:
    return _line(row, name) or _line(structure, name)


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


def _line(row: Row, name: str) -> str:
    return bare(strip_tags(_text(row, name)))


def _several(row: Row, name: str) -> list[str]:
    """A list, as JSON has it, and as CSV files write it: `["a", "b"]`, `{a,b}`, `a,b`."""
    value = row.get(name)
    if isinstance(value, str):
        if value.strip().startswith("["):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                return []
        else:
            value = re.split(r"[,;|]", value.strip().strip("{}"))
    return [item.strip(' "') for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _phone(text: str, city: City) -> Any:
    try:
        return read_phone(text, region=region_of(city.seat_id), of_person=False) or "" if text else ""
    except ValidationError:
        return ""


def _email(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError:
        return ""
    return text


def _site(text: str) -> str:
    """An address that a browser opens and that does nothing else."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return text if parts.scheme in ("http", "https") and "." in parts.netloc and len(text) <= 300 else ""


def _is_language(code: str) -> bool:
    try:
        validate_language(code)
    except ValidationError:
        return False
    return len(code) <= 12


def _day(row: Row) -> date:
    try:
        return date.fromisoformat(_line(row, "date_maj")[:10])
    except ValueError as error:
        raise BadRow(_("sa date de mise à jour ne se lit pas")) from error


# --- Out -----------------------------------------------------------------------------------------------


def own_source(city: City) -> str:
    """Under which name a town's own services are known elsewhere."""
    return f"accorde-{city.slug}"


def structures(services: Iterable[Service]) -> list[dict[str, Any]]:
    """The structures of these services, each once."""
    found: dict[str, dict[str, Any]] = {}
    for one in services:
        known = found.setdefault(_structure_id(one), _structure(one))
        known["date_maj"] = max(known["date_maj"], _as_of(one))
    return [found[key] for key in sorted(found)]


def services(found: Iterable[Service], *, address: str) -> list[dict[str, Any]]:
    """These services; `address`: of the town's directory, under which each has its page."""
    return [_service(one, address) for one in found]


def _structure(service: Service) -> dict[str, Any]:
    organisation = service.organisation
    return {
        "source": service.source or own_source(service.city),
        "id": _structure_id(service),
        "nom": _name(service.keeper),
        "date_maj": _as_of(service),
        **({"siret": organisation.siret} if organisation and organisation.siret else {}),
    }


def _service(service: Service, address: str) -> dict[str, Any]:
    commune = service.commune
    said = {
        "source": service.source or own_source(service.city),
        "structure_id": _structure_id(service),
        "id": service.source_id or f"{own_source(service.city)}--{service.pk}",
        "nom": _name(service.name),
        "description": service.about,
        "lien_source": f"{address}{service.pk}/",
        "date_maj": _as_of(service),
        "thematiques": service.thematics,
        "frais": service.fees,
        "commune": commune.name,
        "code_postal": _postcode(commune),
        "code_insee": commune.insee,
        "adresse": service.address,
        "telephone": str(service.phone),
        "courriel": service.email,
        "lien_mobilisation": service.site,
        "modes_accueil": ["en-presentiel"] if service.address else [],
        "horaires_accueil": opening_hours.write(service.slots, service.hours_note),
        "langues": service.languages,
    }
    return {name: value for name, value in said.items() if value}


def _structure_id(service: Service) -> str:
    if service.source_structure:
        return service.source_structure
    if service.organisation_id:
        return f"{own_source(service.city)}--association-{service.organisation_id}"
    return f"{service.source or own_source(service.city)}--{slugify(service.run_by) or service.pk}"


def _name(text: str) -> str:
    """Without the point that the schema does not want at its end."""
    return _cut(text if text.endswith("etc.") else text.rstrip(". "), 150)


def _as_of(service: Service) -> str:
    """The day on which somebody last said that it holds, where the files are read: not tomorrow's, of Nouméa."""
    return service.checked_at.astimezone(_PARIS).date().isoformat()


def _postcode(commune: Commune) -> str:
    return commune.postcodes[0] if len(commune.postcodes) == 1 else ""
