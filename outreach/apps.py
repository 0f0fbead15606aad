from django.apps import AppConfig


class OutreachConfig(AppConfig):
    name = "outreach"

    def ready(self) -> None:
        from accounts import consequences, townspeople
        from notifications import endings, reasons
        from outreach import consented, messages
        from outreach.models import Subscription

        townspeople.register(
            lambda city: Subscription.objects.filter(city=city, confirmed_at__isnull=False).values("person")
        )
        consequences.register(consented.CONSEQUENCE)
        reasons.register(messages.REASONS, messages.GONE)
        endings.register(messages.ENDINGS)
