"""An explanation as PDF: tagged for screen readers (PDF/UA-1), with our own fonts, asking nothing of the network."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import typst

from matching.explanations import Explanation, headings

FOLDER = Path(__file__).parent / "typesetting"


def as_pdf(explanation: Explanation, *, public_url: str, now: datetime) -> bytes:
    """The document. Every word goes in as data, so that what a person wrote stays text whatever it looks like.

    The standard asks that every sign can be shown. A title in a script, or with a picture, that no font of ours has
    must not keep anybody from their explanation: the document is then tagged all the same, without the claim.
    """
    data = asdict(explanation) | {"words": headings(public_url)}
    return typeset(FOLDER / "explanation.typ", data, now=now)


def typeset(template: Path, data: Mapping[str, Any], *, now: datetime) -> bytes:
    """A document from a template that reads `data`, and nothing outside its own folder but our fonts."""
    written = json.dumps(data, ensure_ascii=False)
    try:
        return _typeset(template, written, now, standard="ua-1")
    except typst.TypstError as failure:
        if "could not be displayed" not in failure.message:
            raise
        return _typeset(template, written, now, standard=None)


def _typeset(template: Path, data: str, now: datetime, *, standard: Literal["ua-1"] | None) -> bytes:
    document = typst.compile(
        template,
        root=template.parent,
        font_paths=[FOLDER / "fonts"],
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"data": data},
        pdf_standards=standard,
        timestamp=now.replace(microsecond=0),
    )
    assert isinstance(document, bytes)  # of one document without a path to write to
    return document
