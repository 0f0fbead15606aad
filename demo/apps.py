from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "demo"

    def ready(self) -> None:
        from demo import checks  # noqa: F401  (registers the check that no real town serves the demonstration)
