from django.apps import AppConfig


class VoiceConfig(AppConfig):
    name = "voice"

    def ready(self) -> None:
        from accounts.access import count_with_town
        from voice import selectors

        count_with_town("remarks_to_sort", selectors.all_unsorted)
