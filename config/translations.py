"""Message catalogues without gettext's programs: read from the sources, kept as .po, compiled to .mo.

The sources are French and so are the msgids; a .po file holds one translation of each, nothing else: no line
numbers, dates or obsolete entries, so that a diff shows wording alone. French has no .po file: its .mo file is made of
the sources.

English and Arabic hold every text, the languages of the setting `LANGUAGES_FOR_THE_PUBLIC` those that somebody outside
a town's team may read.
"""

import ast
import contextlib
import io
import re
import string
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import get_day_names, get_month_names
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from babel.plural import to_gettext
from django.conf import settings
from django.utils.translation import to_language

from config import typography
from config.readers import is_for_the_team_alone

ROOT = Path(__file__).resolve().parent.parent
# Every app of ours, in the order of the alphabet.
FOLDERS = sorted(path.parent.name for path in ROOT.glob("*/apps.py"))
TEMPLATE_ENDINGS = {".html", ".txt", ".xml", ".svg", ".ics"}
SOURCE_LANGUAGE = "fr"
# Which arguments are the singular, the plural and the context.
KEYWORDS: dict[Any, Any] = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None,
    "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3), "npgettext_lazy": ((1, "c"), 2, 3),
}  # fmt: skip
# In this order a .po file holds the forms of a text that counts; the names are those of the Unicode rules.
PLURALS = ("zero", "one", "two", "few", "many", "other")
HEADER = """# Accorde, {language}. The msgids are the French texts of the product.
# Licence: AGPL-3.0-or-later, like the product.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural_forms}\\n"

"""


class UnreadableSourceError(ValueError):
    """A file whose texts could not be read; the message names it."""


def plural_forms(language: str) -> str:
    """The header that chooses among a text's forms: the Unicode rules, without the forms that no number of ours takes.

    (Babel's own headers know one form of some languages that have two, and mix Arabic's last two.)
    """
    form_of = Locale.parse(language).plural_form
    taken = {form_of(number) for number in range(1000)}
    *chosen, _what_is_left = (form for form in PLURALS if form in taken)
    return to_gettext({form: form_of.rules[form] for form in chosen})


def po_path(language: str, root: Path = ROOT) -> Path:
    return root / "locale" / language / "LC_MESSAGES" / "django.po"


# --- Reading the sources -------------------------------------------------------------------------------


def sources(root: Path = ROOT) -> Iterator[Path]:
    """The files that may hold texts, in a fixed order."""
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            parts = path.relative_to(root).parts
            is_code = path.suffix == ".py" and "migrations" not in parts
            is_template = path.suffix in TEMPLATE_ENDINGS and "templates" in parts
            if is_code or is_template:
                yield path


def as_python(path: Path) -> str:
    """The source as text that Babel's Python extractor reads; templates go through Django's own reader."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        _refuse_other_names(text, path)
        return text
    from django.template import TemplateSyntaxError
    from django.utils.translation.template import templatize

    try:
        # The blanked-out markup keeps its indentation, which is no Python's.
        return "\n".join(line.strip() for line in templatize(text, origin=str(path)).split("\n"))
    except (TemplateSyntaxError, SyntaxError) as problem:
        raise UnreadableSourceError(f"{path}: {problem}") from problem


def _refuse_other_names(code: str, path: Path) -> None:
    """A text under a name that the extractor does not know would stay French in every language, unseen."""
    for node in ast.walk(ast.parse(code, str(path))):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            for one in node.names:
                if one.name in KEYWORDS and (one.asname or one.name) not in KEYWORDS:
                    raise UnreadableSourceError(
                        f"{path}:{node.lineno}: {one.name} as {one.asname} is not read"
                    )


def texts_for(language: str, root: Path = ROOT) -> Catalog:
    """The texts that a language is to hold: all of them, or those that the public may read."""
    everything = extract(root)
    if to_language(language) not in settings.LANGUAGES_FOR_THE_PUBLIC:
        return everything
    held = Catalog()
    for message in everything:
        if message.id and not all(is_for_the_team_alone(file) for file, _line in message.locations):
            held.add(
                message.id,
                context=message.context,
                locations=message.locations,
                user_comments=message.user_comments,
            )
    return held


def extract(root: Path = ROOT) -> Catalog:
    """Every text of the sources, in the order of files and lines, without translations."""
    found = Catalog()
    for path in sources(root):
        code = io.BytesIO(as_python(path).encode("utf-8"))
        try:
            for _line, function, arguments, comments in extract_python(code, KEYWORDS, ["Translators:"], {}):
                _add(found, KEYWORDS[function], arguments, comments, path.relative_to(root).as_posix())
        except (tokenize.TokenError, SyntaxError) as problem:
            raise UnreadableSourceError(f"{path}: {problem}") from problem
    return found


def _add(found: Catalog, spec: Any, arguments: Any, comments: Any, file: str) -> None:
    given = arguments if isinstance(arguments, tuple | list) else (arguments,)
    context, texts = None, []
    for place in spec or (1,):
        index = place[0] if isinstance(place, tuple) else place
        value = given[index - 1] if index <= len(given) else None
        if not value:  # a variable, or an empty text: nothing to translate
            return
        if isinstance(place, tuple):
            context = value
        else:
            texts.append(value)
    known = found.get(texts[0], context)
    if known is not None and isinstance(known.id, tuple | list) != (len(texts) > 1):
        raise UnreadableSourceError(f"{file}: {texts[0]!r} is counted in one place and not in another")
    found.add(
        tuple(texts) if len(texts) > 1 else texts[0],
        context=context,
        locations=[(file, 1)],
        user_comments=comments,
    )


# --- The catalogues ------------------------------------------------------------------------------------


def load(language: str, root: Path = ROOT) -> Catalog:
    """The translations of one language; empty when there are none yet."""
    path = po_path(language, root)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def render(language: str, found: Catalog, known: Catalog) -> bytes:
    """The .po file that holds the texts of `found` with the translations of `known`."""
    forms = plural_forms(language)
    merged = Catalog(locale=language, fuzzy=False)
    merged.mime_headers = [("Plural-Forms", forms)]
    for message in found:
        if not message.id:
            continue
        old = known.get(msgid(message), message.context)
        merged.add(
            message.id,
            _translation(message, old, merged.num_plurals),
            locations=sorted(set(message.locations)),
            flags={flag for flag in (old.flags if old else ()) if flag == "fuzzy"} | message.flags,
            user_comments=message.user_comments,
            context=message.context,
        )
    body = io.BytesIO()
    write_po(
        body,
        merged,
        width=100,
        omit_header=True,
        sort_by_file=True,
        include_lineno=False,
        ignore_obsolete=True,
    )
    header = HEADER.format(language=language, plural_forms=forms)
    return header.encode("utf-8") + body.getvalue().strip() + b"\n"


def msgid(message: Message) -> str:
    """What a text is found by: itself, or its singular."""
    return message.id[0] if isinstance(message.id, tuple | list) else message.id


def _texts(message: Message) -> list[str]:
    """The translations of a message, one per plural form."""
    given = message.string if isinstance(message.string, tuple | list) else [message.string]
    return [text or "" for text in given]


def _translation(message: Message, old: Message | None, plurals: int) -> str | tuple[str, ...]:
    plural = isinstance(message.id, tuple | list)
    if old is None:
        return ("",) * plurals if plural else ""
    given = _texts(old)
    if plural:
        return tuple([*given, *[""] * plurals][:plurals])
    return given[0]


def update(language: str, root: Path = ROOT) -> bool:
    """Bring one .po file in line with the sources; True when it changed."""
    path = po_path(language, root)
    fresh = render(language, texts_for(language, root), load(language, root))
    if path.exists() and path.read_bytes() == fresh:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(fresh)
    return True


def compile_all(root: Path = ROOT) -> list[Path]:
    """Write the .mo files that are older than their .po, French's when older than some source; returns them."""
    written = _compile_counts(root)
    for path in sorted((root / "locale").glob("*/LC_MESSAGES/django.po")):
        target = path.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= path.stat().st_mtime_ns:
            continue
        catalog = load(path.parent.parent.name, root)
        _add_calendar(catalog)
        _write_mo(target, catalog)
        written.append(target)
    return written


def _compile_counts(root: Path) -> list[Path]:
    """The French texts that count something, as their own translations.

    What has no catalogue is counted by the rule of English, "0 personnes"; with this one, by that of French.
    """
    target = po_path(SOURCE_LANGUAGE, root).with_suffix(".mo")
    made = target.stat().st_mtime_ns if target.exists() else 0
    if made and all(path.stat().st_mtime_ns <= made for path in sources(root)):
        return []
    counts = Catalog(locale=SOURCE_LANGUAGE, fuzzy=False)
    for message in extract(root):
        if isinstance(message.id, tuple | list):
            counts.add(message.id, tuple(message.id), context=message.context)
    _add_calendar(counts)
    target.parent.mkdir(parents=True, exist_ok=True)
    _write_mo(target, counts)
    return [target]


def _add_calendar(catalog: Catalog) -> None:
    """The names of Django's dates, from the Unicode data: months alone and beside a day ("12 декабря"), weekdays.

    Django's own have no Dari, and name a month beside a day with a capital in French, a weekday so in Ukrainian.
    """
    alone, beside = (
        get_month_names("wide", context=context, locale=catalog.locale)
        for context in ("stand-alone", "format")
    )
    for number, english in get_month_names("wide", locale="en").items():
        catalog.add(english, alone[number])
        catalog.add(english, beside[number], context="alt. month")
    weekdays = get_day_names("wide", locale=catalog.locale)
    for number, english in get_day_names("wide", locale="en").items():
        catalog.add(english, weekdays[number])


def _write_mo(target: Path, catalog: Catalog) -> None:
    fresh = target.with_suffix(".new")
    with fresh.open("wb") as file:
        write_mo(file, catalog)
    fresh.replace(target)


# --- Judging them --------------------------------------------------------------------------------------

PERCENT = re.compile(r"%(?:\((\w+)\))?[-+#0]*\d*(?:\.\d+)?([a-zA-Z%])")


def placeholders(text: str) -> set[str]:
    """What a text leaves open: %(name)s and {name}, without the double percent sign."""
    found = {
        f"%({match[1]})" if match[1] else f"%{match[2]}"
        for match in PERCENT.finditer(text)
        if match[2] != "%"
    }
    with contextlib.suppress(ValueError):  # a lone brace is only text
        found |= {f"{{{name}}}" for _text, name, _spec, _how in string.Formatter().parse(text) if name}
    return found


def problems(language: str, root: Path = ROOT) -> list[str]:
    """One line for each text that is missing, left over, untranslated, unsure or has other placeholders."""
    found, known = texts_for(language, root), load(language, root)
    lines = []
    for message in found:
        if not message.id:
            continue
        entry = known.get(msgid(message), message.context)
        where = message.locations[0][0]
        if entry is None:
            lines.append(f"missing: {msgid(message)!r} ({where})")
        else:
            wrong = [*_faults(message, entry), *typography.faults(language, _texts(entry))]
            lines += [f"{problem}: {msgid(message)!r} ({where})" for problem in wrong]
    for entry in known:
        if entry.id and found.get(msgid(entry), entry.context) is None:
            lines.append(f"no longer used: {msgid(entry)!r}")
    return lines


def problems_of_the_source(root: Path = ROOT) -> list[str]:
    """One line for each French text of the sources that does not look as French asks."""
    return [
        f"{problem}: {msgid(message)!r} ({message.locations[0][0]})"
        for message in extract(root)
        if message.id
        for problem in typography.faults(SOURCE_LANGUAGE, _forms_of(message.id))
    ]


def _forms_of(given: Any) -> list[str]:
    return [*given] if isinstance(given, tuple | list) else [given]


def _faults(message: Message, entry: Message) -> Iterator[str]:
    texts = _texts(entry)
    plural = isinstance(message.id, tuple | list)
    if plural != isinstance(entry.id, tuple | list):
        yield "singular against plural"
        return
    if entry.fuzzy:
        yield "fuzzy"
    if not all(texts):
        yield "untranslated"
        return
    originals = [placeholders(text) for text in _forms_of(message.id)]
    for text in texts:
        # A plural form may leave the number out (« a place »); nothing may add what nobody fills in.
        allowed = (
            placeholders(text) <= set().union(*originals) if plural else placeholders(text) == originals[0]
        )
        if not allowed:
            yield "other placeholders"
            return
