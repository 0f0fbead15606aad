from django.apps import AppConfig


class StatementsConfig(AppConfig):
    name = "statements"

    def ready(self) -> None:
        from accounts import townspeople
        from notifications import reasons
        from statements import messages
        from statements.models import Statement

        townspeople.register(
            lambda city: (
                Statement.objects.filter(city=city, proven_at__isnull=False, person__isnull=False)
                .order_by()
                .values("person")
            )
        )
        reasons.register(messages.REASONS, messages.GONE)
