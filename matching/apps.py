from django.apps import AppConfig


class MatchingConfig(AppConfig):
    name = "matching"

    def ready(self) -> None:
        from matching import answering, linked_towns, telling, tonight
        from notifications import reasons

        reasons.register(telling.reasons() | tonight.reasons() | linked_towns.reasons() | answering.reasons())
