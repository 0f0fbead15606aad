from django.apps import AppConfig


class OutreachConfig(AppConfig):
    name = "outreach"

    def ready(self) -> None:
        from accounts import townspeople
        from notifications import endings, reasons
        from outreach import messages
        from outreach.models import Subscription

        townspeople.register(
            lambda city: Subscription.objects.filter(city=city, confirmed_at__isnull=False).values("person")
        )
        reasons.register(messages.REASONS, messages.GONE)
        endings.register(messages.ENDINGS)
