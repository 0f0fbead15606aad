"""The files of a trial's results: written in a folder of their own, then put into place, whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from django.utils.translation import gettext as _

MATCHES, NEAR_MISSES, CHAINS, PLAN, ERRORS, WORKBOOK, SUMMARY = (
    "matches.csv",
    "near_misses.csv",
    "chains.csv",
    "plan.csv",
    "errors.csv",
    "results.xlsx",
    "summary.json",
)
FILES = (MATCHES, NEAR_MISSES, CHAINS, PLAN, ERRORS, WORKBOOK, SUMMARY)


class CannotWrite(Exception):
    """The results cannot be written; says why, to a person."""


def refuse_overwriting(out: Path, sources: Iterable[Path]) -> None:
    """Raise CannotWrite where a result would take the place of a source."""
    for source in sources:
        for name in FILES:
            if source.resolve() == (out / name).resolve():
                raise CannotWrite(
                    _("%(path)s serait remplacé par un résultat. Choisissez un autre dossier.")
                    % {"path": source}
                )


@contextmanager
def folder_within(out: Path) -> Iterator[Path]:
    """A folder of our own within `out`, gone at the end; `out` too if it is new and nothing was put there."""
    with ExitStack() as undo:
        try:
            if not out.exists():
                out.mkdir(parents=True)
                undo.callback(_remove_if_empty, out)
            folder = Path(tempfile.mkdtemp(prefix=".match_files-", dir=out))
            undo.callback(shutil.rmtree, folder, ignore_errors=True)
            yield folder
        except BrokenProcessPool as error:
            raise CannotWrite(
                _(
                    "Un des calculs a été arrêté de l’extérieur, sans doute faute de mémoire. Rien n’a été écrit."
                )
            ) from error
        except OSError as error:
            raise CannotWrite(
                _("Les résultats ne peuvent pas être écrits dans %(path)s\u202f: %(reason)s.")
                % {"path": out, "reason": error.strerror or error}
            ) from error


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def publish(folder: Path, out: Path) -> None:
    """Whole files into their place; the summary goes first and comes last: where it stands, all belong together. Of
    lists too long for a workbook there is none, and none of another trial stays.
    """
    (out / SUMMARY).unlink(missing_ok=True)
    for name in FILES:
        if (folder / name).exists():
            os.replace(folder / name, out / name)
        else:
            (out / name).unlink(missing_ok=True)
