from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "webhooks"

    def ready(self) -> None:
        from notifications import reasons
        from webhooks import messages

        reasons.register(messages.REASONS, messages.GONE)
