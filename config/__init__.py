"""The top of the house: settings, addresses, the worker and the servers that everything runs on."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
