from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from notifications import alone, doubts, reasons

        reasons.register(doubts.reasons_of_doubts(), doubts.GONE)
        reasons.register(alone.reasons_of_silence(), alone.GONE)
