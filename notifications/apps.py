from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from notifications import doubts, reasons

        reasons.register(doubts.reasons_of_doubts(), doubts.GONE)
