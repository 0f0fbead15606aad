"""`python -m bench [--offers N] [--needs N] [--rounds N]`: fills a town, measures, prints ratios first."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from config import embedded
from config.run import command


def main() -> int:
    options = argparse.ArgumentParser(prog="bench", description=__doc__)
    options.add_argument("--offers", type=int, default=20_000)
    options.add_argument("--needs", type=int, default=5_000)
    options.add_argument("--rounds", type=int, default=60)
    chosen = options.parse_args()

    folder = embedded.data_dir() / "bench"
    os.environ["ACCORDE_MODE"] = "bench"  # neither production nor debugging
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ["LOG_LEVEL"] = "WARNING"
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    with embedded.servers(folder) as urls:
        os.environ.update(urls)
        import django

        django.setup()
        from bench import figures

        figures.prepare(offers=chosen.offers, needs=chosen.needs)
        log = Path(folder) / "worker.log"
        with log.open("wb") as output:
            worker = subprocess.Popen(command("worker"), stdout=output, stderr=output)  # noqa: S603 (our own words)
            try:
                figures.show(rounds=chosen.rounds)
            finally:
                worker.terminate()
                worker.wait(20)
    return 0


if __name__ == "__main__":
    sys.exit(main())
