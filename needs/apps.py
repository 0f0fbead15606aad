from django.apps import AppConfig


class NeedsConfig(AppConfig):
    name = "needs"

    def ready(self) -> None:
        from needs import messages
        from notifications.wording import texts

        texts.register([messages.RECEIPT])
