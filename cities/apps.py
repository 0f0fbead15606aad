from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CitiesConfig(AppConfig):
    name = "cities"
    verbose_name = _("Villes et communes")

    def ready(self) -> None:
        from cities import checks  # noqa: F401  (registers the check of the towns' colours)
