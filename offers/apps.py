from django.apps import AppConfig


class OffersConfig(AppConfig):
    name = "offers"

    def ready(self) -> None:
        from accounts import townspeople
        from notifications import reasons
        from notifications.wording import texts
        from offers import messages
        from offers.models import Offer

        townspeople.register(lambda city: Offer.objects.filter(city=city).order_by().values("owner"))
        reasons.register(messages.REASONS, messages.GONE)
        texts.register([messages.RECEIPT, messages.STILL_THERE])
