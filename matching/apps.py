from django.apps import AppConfig


class MatchingConfig(AppConfig):
    name = "matching"

    def ready(self) -> None:
        from matching import answering, linked_towns, replies, telling, tonight
        from matching.scanning import announcing
        from notifications import answers, reasons

        reasons.register(telling.reasons(), telling.gone())
        reasons.register(tonight.reasons(), tonight.GONE)
        reasons.register(linked_towns.reasons(), linked_towns.GONE)
        reasons.register(answering.reasons(), answering.GONE)
        reasons.register(announcing.reasons(), announcing.GONE)
        answers.register(replies.ANSWERS, replies.PAGES)
