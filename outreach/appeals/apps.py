from django.apps import AppConfig


class AppealsConfig(AppConfig):
    name = "outreach.appeals"

    def ready(self) -> None:
        from notifications import endings, reasons
        from outreach.appeals import messages

        reasons.register(messages.REASONS, messages.GONE)
        endings.register(messages.ENDINGS)
