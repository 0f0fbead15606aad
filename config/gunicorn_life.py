"""What gunicorn asks of us besides the application: each of its workers says that it lives."""

from typing import Any

from config import alive


def post_worker_init(worker: Any) -> None:
    alive.note_always("web")
