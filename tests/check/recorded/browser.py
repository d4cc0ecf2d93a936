"""A real browser without a window, for pages that are opened from a file: what it makes of them."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

from namesrv.check.not_available import NotAvailable
from namesrv.check.require import missing

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
TIMEOUT_S: Final = 120.0


def opened(page: Path, profile: Path, fragment: str = "") -> str:
    """The page's elements, as HTML, once its scripts have run. `profile`: an empty folder for the browser."""
    browser = next((found for name in NAMES if (found := shutil.which(name))), None)
    if browser is None:
        missing(NotAvailable("chromium", f"none of {', '.join(NAMES)} is on the PATH; Debian has it as `chromium`"))
    words = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1400,900"]
    done = subprocess.run(
        [browser, *words, f"--user-data-dir={profile}", "--dump-dom", page.as_uri() + fragment],
        capture_output=True,
        check=True,
        timeout=TIMEOUT_S,
    )
    return done.stdout.decode()
