from django.apps import AppConfig


class EmailConfig(AppConfig):
    name = "notifications.channels.email"

    def ready(self) -> None:
        from django.core.checks import register

        from notifications.channels.email.checks import provider_is_complete

        register(provider_is_complete)
