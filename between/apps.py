from django.apps import AppConfig


class BetweenConfig(AppConfig):
    name = "between"
