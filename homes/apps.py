from django.apps import AppConfig


class HomesConfig(AppConfig):
    name = "homes"

    def ready(self) -> None:
        from homes import invitations, messages
        from notifications import invitations as notified
        from notifications import reasons
        from notifications.wording import texts

        reasons.register(messages.REASONS, messages.GONE)
        notified.register(invitations.INVITATIONS)
        texts.register(messages.TEXTS)
