from django.apps import AppConfig


class SheltersConfig(AppConfig):
    name = "shelters"

    def ready(self) -> None:
        from matching import arrivals
        from shelters import presentation

        arrivals.register(presentation.arrival)
