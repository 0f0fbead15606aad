from django.apps import AppConfig


class MatchingConfig(AppConfig):
    name = "matching"

    def ready(self) -> None:
        from matching import answering, linked_towns, replies, telling, tonight
        from notifications import answers, reasons

        reasons.register(telling.reasons() | tonight.reasons() | linked_towns.reasons() | answering.reasons())
        answers.register(replies.ANSWERS)
