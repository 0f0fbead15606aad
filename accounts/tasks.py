"""What accounts need done by the clock."""

from celery import shared_task

from accounts.sessions import SessionStore


@shared_task(ignore_result=True)
def forget_past_sessions() -> None:
    """Nobody can go on with them; each may hold an offer half written."""
    SessionStore.clear_expired()
