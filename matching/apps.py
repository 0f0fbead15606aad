from django.apps import AppConfig


class MatchingConfig(AppConfig):
    name = "matching"

    def ready(self) -> None:
        from matching import telling
        from notifications import reasons

        reasons.register(telling.reasons())
