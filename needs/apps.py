from django.apps import AppConfig


class NeedsConfig(AppConfig):
    name = "needs"

    def ready(self) -> None:
        from accounts import townspeople
        from needs import messages
        from needs.models import Need
        from notifications.wording import texts

        townspeople.register(
            lambda city: Need.objects.filter(city=city, person__isnull=False).order_by().values("person")
        )
        texts.register([messages.RECEIPT])
