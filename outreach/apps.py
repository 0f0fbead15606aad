from django.apps import AppConfig


class OutreachConfig(AppConfig):
    name = "outreach"

    def ready(self) -> None:
        from notifications import endings, reasons
        from outreach import messages

        reasons.register(messages.REASONS, messages.GONE)
        endings.register(messages.ENDINGS)
