from django.apps import AppConfig


class MatchingConfig(AppConfig):
    name = "matching"

    def ready(self) -> None:
        from matching import telling, tonight
        from notifications import reasons

        reasons.register(telling.reasons() | tonight.reasons())
