from django.apps import AppConfig


class TownConfig(AppConfig):
    name = "town"

    def ready(self) -> None:
        from notifications import reasons
        from notifications.wording import texts
        from town import messages

        reasons.register(messages.REASONS, messages.GONE)
        texts.register([messages.VERIFIED, messages.SUSPENDED])
