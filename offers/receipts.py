"""What a browser has sent: kept in its session, for its receipts."""

from django.contrib.sessions.backends.base import SessionBase

# Kept so that a page posted twice, or opened again, leads to the offer that it became.
SENT = "offers-sent"
MOST_SENT = 20


def remember_sent(
    session: SessionBase,
    *,
    key: str,
    reference: str,
    answers_need: str,
    code_url: str,
    town: str,
    number: int,
) -> None:
    """Note which offer the draft of this number became, for which need, and where its code is to be typed (empty:
    nothing to type).
    """
    sent = dict(list(session.get(SENT, {}).items())[-MOST_SENT:])
    sent[key] = {
        "reference": reference,
        "answers_need": answers_need,
        "code_url": code_url,
        "draft": f"{town}:{number}",
    }
    session[SENT] = sent


def note_code_url(session: SessionBase, reference: str, code_url: str) -> None:
    """Note where the code of this offer is to be typed, of one that was asked for anew."""
    session[SENT] = {
        key: one | {"code_url": code_url} if one["reference"] == reference else one
        for key, one in session.get(SENT, {}).items()
    }


def sent_by_key(session: SessionBase, key: str) -> str | None:
    """The reference that the draft with this key became, in this browser."""
    found = session.get(SENT, {}).get(key)
    return found["reference"] if found else None


def sent_by_number(session: SessionBase, town: str, number: int) -> str | None:
    """The reference that the latest draft of this number became."""
    sent = reversed(session.get(SENT, {}).values())
    return next((one["reference"] for one in sent if one.get("draft") == f"{town}:{number}"), None)


def sent_by_reference(session: SessionBase, reference: str) -> dict[str, str] | None:
    """What this browser knows of an offer that it sent."""
    return next((one for one in session.get(SENT, {}).values() if one["reference"] == reference), None)
