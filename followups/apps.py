from django.apps import AppConfig


class FollowupsConfig(AppConfig):
    name = "followups"

    def ready(self) -> None:
        from followups import messages
        from notifications import reasons

        reasons.register(messages.REASONS)
