from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = "Accorde"

    def ready(self) -> None:
        from django.conf import settings

        from config import checks, logs  # noqa: F401  (registers the checks of production)

        if settings.PRODUCTION or settings.DEMO:
            logs.take_the_last_word()
