#!/usr/bin/env python
"""Django's commands. In a checkout they run at once: servers that nobody named are started. On a town's server they are
its own, and start none.
"""

import os
import sys

# These work on files alone.
WITHOUT_SERVERS = {
    "", "help", "version", "--help", "-h", "--version",
    "check", "collectstatic", "diffsettings", "findstatic", "match_files", "spectacular", "translations",
}  # fmt: skip


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from config import environment

    environment.read()
    if not environment.is_a_towns():
        os.environ.setdefault("ACCORDE_MODE", "development")
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    asks_for_help = bool({"-h", "--help"} & set(sys.argv[2:]))
    needs_servers = command not in WITHOUT_SERVERS or (command == "check" and "--database" in sys.argv)
    if os.environ.get("ACCORDE_MODE", "production") != "production" and needs_servers and not asks_for_help:
        from config import embedded

        embedded.ensure_environment()

    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
