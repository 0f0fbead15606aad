from django.apps import AppConfig


class PushConfig(AppConfig):
    name = "notifications.channels.push"

    def ready(self) -> None:
        from django.core.checks import register

        from accounts import taken_back
        from notifications.channels.push import services
        from notifications.channels.push.checks import keys_are_complete

        register(keys_are_complete)
        taken_back.register(services.forget_since)
