from django.apps import AppConfig


class OnCallConfig(AppConfig):
    name = "oncall"

    def ready(self) -> None:
        from notifications import reasons
        from oncall import messages

        reasons.register(messages.REASONS, messages.GONE)
