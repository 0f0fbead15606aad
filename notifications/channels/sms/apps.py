from django.apps import AppConfig


class SmsConfig(AppConfig):
    name = "notifications.channels.sms"

    def ready(self) -> None:
        from django.core.checks import register

        from notifications.channels.sms.checks import gateway_is_complete

        register(gateway_is_complete)
