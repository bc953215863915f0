"""Check that the system libraries for PDF are there; install them where that is possible, else say how."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from contextlib import suppress

LIBRARIES = {
    "Pango": ("libpango-1.0.so.0", "libpango-1.0.0.dylib"),
    "PangoFT2": ("libpangoft2-1.0.so.0", "libpangoft2-1.0.0.dylib"),
    "HarfBuzz": ("libharfbuzz.so.0", "libharfbuzz.0.dylib"),
    "libharfbuzz-subset": ("libharfbuzz-subset.so.0", "libharfbuzz-subset.0.dylib"),
}
FOLDERS = ("", "/opt/homebrew/lib/", "/usr/local/lib/")  # macOS doesn't look in Homebrew's by itself
PACKAGES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz0b", "libharfbuzz-subset0")
COMMANDS = {
    "Debian, Ubuntu": f"apt-get install {' '.join(PACKAGES)}",
    "Fedora": "dnf install pango harfbuzz",
    "macOS": "brew install pango harfbuzz",
}


def missing() -> list[str]:
    """Return the libraries that can't be loaded."""
    return [name for name, files in LIBRARIES.items() if not any(loads(file) for file in files)]


def loads(file: str) -> bool:
    """Whether a shared library can be loaded by its name."""
    for folder in FOLDERS:
        with suppress(OSError):
            ctypes.CDLL(folder + file)
            return True
    return False


def install() -> None:
    """Install them with apt, if this is a Debian and we are its root."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return
    print(f"Installing {' '.join(PACKAGES)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *PACKAGES]):
        subprocess.run([apt, *arguments], env=environment, check=False, stdout=subprocess.DEVNULL)


def main() -> int:
    """Return 0 where everything is there in the end."""
    if missing():
        install()
    if not (left := missing()):
        return 0
    print(f"error: system libraries are missing: {', '.join(left)}", file=sys.stderr)
    print("hint: install them, then try again:", file=sys.stderr)
    for system, command in COMMANDS.items():
        print(f"  {system}: {command}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
