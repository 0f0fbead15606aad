import os
import shutil
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from config import embedded

SOURCE = Path(__file__).with_name("shift.c")


def library() -> Path:
    """The shift, compiled where the servers' own account can read it too."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        sys.exit(
            "Une autre heure demande Linux et un compilateur C (sous Debian ou Ubuntu : apt-get install gcc)."
        )
    target = embedded.home(embedded.data_dir()) / "clock" / "shift.so"
    target.parent.mkdir(exist_ok=True)
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", target, SOURCE], check=True)
    target.chmod(0o755)
    return target


def main(moment: str, *command: str) -> None:
    then = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo("Europe/Paris"))
    clock = {"LD_PRELOAD": str(library()), "CLOCK_SHIFT": str(round(then.timestamp() - time.time()))}
    environment = os.environ | clock
    # Set by importing config: pytest would read the settings before it starts the servers.
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    os.execvpe(command[0], command, environment)


if __name__ == "__main__":
    main(*sys.argv[1:])
