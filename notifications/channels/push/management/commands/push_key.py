from typing import Any

from django.core.management.base import BaseCommand

from notifications.channels.push import keys


class Command(BaseCommand):
    help = (
        "Make the key by which push services know this installation, and print it as a line for .env. Made once: with "
        "another one, people have to say anew on each device that they want to be told there."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"PUSH_PRIVATE_KEY={keys.new_private_key()}")
