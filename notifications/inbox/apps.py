from django.apps import AppConfig


class InboxConfig(AppConfig):
    name = "notifications.inbox"

    def ready(self) -> None:
        from django.core.checks import register

        from notifications import reasons
        from notifications.inbox import checks, messages

        register(checks.replies_can_come)
        reasons.register(messages.reasons(), messages.gone())
