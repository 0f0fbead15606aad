from django.apps import AppConfig


class PushConfig(AppConfig):
    name = "notifications.channels.push"

    def ready(self) -> None:
        from django.core.checks import register

        from notifications.channels.push.checks import keys_are_complete

        register(keys_are_complete)
