from django.apps import AppConfig


class AgendaConfig(AppConfig):
    name = "agenda"

    def ready(self) -> None:
        from accounts import taken_back
        from agenda import services

        taken_back.register(services.end_since)
