from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "directory"

    def ready(self) -> None:
        from directory import messages
        from notifications import reasons

        reasons.register(messages.REASONS, messages.GONE)
