"""`accorde-match`: the trial on two lists, installed by itself (docs/adr/0061): no server, no settings, no checkout."""

import os
import sys
from io import TextIOWrapper


def main() -> None:
    """Run `match_files` with the arguments of the command line."""
    # A file or another program on Windows takes letters of its own alphabet alone: what it lacks becomes "?".
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    os.environ["DJANGO_SETTINGS_MODULE"] = "tryout.alone_settings"
    import django

    django.setup()
    from tryout.management.commands.match_files import Command

    Command(numbers="auto").run_from_argv(["accorde-match", "", *sys.argv[1:]])


if __name__ == "__main__":
    main()
