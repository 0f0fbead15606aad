from django.apps import AppConfig


class MatchingConfig(AppConfig):
    name = "matching"

    def ready(self) -> None:
        from matching import answering, linked_towns, replies, telling, tonight
        from matching.scanning import announcing
        from notifications import answers, reasons

        for app in (telling, tonight, linked_towns, answering, announcing):
            reasons.register(app.reasons())
        answers.register(replies.ANSWERS)
