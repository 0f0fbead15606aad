from django.apps import AppConfig


class OffersConfig(AppConfig):
    name = "offers"

    def ready(self) -> None:
        from notifications import reasons
        from offers import messages

        reasons.register(messages.REASONS, messages.GONE)
