from django.apps import AppConfig


class TownConfig(AppConfig):
    name = "town"

    def ready(self) -> None:
        from notifications import reasons
        from town import messages

        reasons.register(messages.REASONS, messages.GONE)
