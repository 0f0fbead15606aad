"""The web server writes its lines as everybody else does; each request has one, of the site's own."""

from typing import Any

from django.conf import settings
from django.utils.log import configure_logging
from gunicorn.glogging import Logger


class Gunicorn(Logger):
    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)

    def warning(self, msg: Any, *args: Any, **kwargs: Any) -> None:
        if str(msg).startswith("Invalid request from ip="):
            msg = "Invalid request"  # what follows is whose it is, and what they sent
        super().warning(msg, *args, **kwargs)
