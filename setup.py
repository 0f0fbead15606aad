"""What pyproject.toml cannot say of the package: its words are compiled into it as it is built."""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
LANGUAGES = ("en", "ar")  # besides French, in which they are written


class WithWords(build_py):
    def run(self) -> None:
        super().run()
        for language in LANGUAGES:
            folder = Path(self.build_lib, "tryout", "locale", language, "LC_MESSAGES")
            folder.mkdir(parents=True, exist_ok=True)
            with (
                (ROOT / "locale" / language / "LC_MESSAGES" / "django.po").open("rb") as source,
                (folder / "django.mo").open("wb") as target,
            ):
                write_mo(target, read_po(source))


setup(cmdclass={"build_py": WithWords})
