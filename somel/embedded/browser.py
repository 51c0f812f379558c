"""A browser for tests and pictures: the host's own, else Debian's Chromium, unpacked privately."""

import shutil
import subprocess
from pathlib import Path

from somel.embedded.bundle import Bundle
from somel.embedded.places import Places, open_folder
from somel.embedded.process import replace_text
from somel.embedded.progress import Progress, silent
from somel.embedded.recipe import BROWSER

_ON_THE_PATH = ("chromium", "chromium-browser", "google-chrome")
_FONTS = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
  <alias><family>sans-serif</family><prefer><family>DejaVu Sans</family></prefer></alias>
  <alias><family>serif</family><prefer><family>DejaVu Serif</family></prefer></alias>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
"""
_LAUNCHER = """\
#!/bin/sh
# Starts the browser beside this file with its own fonts. Chromium's sandbox refuses root.
export FONTCONFIG_FILE="{fonts}"
if [ "$(id -u)" = 0 ]; then set -- --no-sandbox "$@"; fi
exec "{program}" "$@"
"""


def ensure_browser(places: Places, progress: Progress = silent) -> Path:
    """Return a Chromium that works without a display, fetching one when the host has none.

    Parameters
    ----------
    places : Places
        Where it is cached.
    progress : callable, optional
        Told how far a first set-up is.

    Returns
    -------
    Path
        Program to start, for instance as Playwright's ``executable_path``.

    Raises
    ------
    ConfigurationError
        When this machine cannot unpack one; install Debian's package ``chromium`` instead.
    RetryableError
        When the mirror did not answer.
    """
    return _on_the_path() or _private(places, progress)


def _on_the_path() -> Path | None:
    for name in _ON_THE_PATH:
        program = shutil.which(name)
        if program is not None and _answers(program):
            return Path(program)
    return None


def _answers(program: str) -> bool:
    """Tell whether the program starts: some systems ship a script of that name which only says where to get it."""
    try:
        run = subprocess.run([program, "--version"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return run.returncode == 0


def _private(places: Places, progress: Progress) -> Path:
    bundle = Bundle(BROWSER, places.cache).ensure(progress)
    folder = open_folder(bundle.path.with_name(f"{BROWSER.folder_name}.run"))
    launcher = folder / "chromium"
    if not launcher.exists():
        fonts = folder / "fonts.conf"
        replace_text(fonts, _FONTS.format(fonts=bundle.path / "usr/share/fonts"), mode=0o644)
        program = bundle.program("chromium-headless-shell")
        replace_text(launcher, _LAUNCHER.format(fonts=fonts, program=program), mode=0o755)
    return launcher
