from django.apps import AppConfig


class OffersConfig(AppConfig):
    name = "offers"

    def ready(self) -> None:
        from notifications import reasons
        from notifications.wording import texts
        from offers import messages

        reasons.register(messages.REASONS, messages.GONE)
        texts.register([messages.RECEIPT, messages.STILL_THERE])
