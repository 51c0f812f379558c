"""Eclipse Tahu's own Sparkplug B library, for Node.js, as a peer: it writes what we read, and reads what we write."""

import base64
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from somel.bootstrap import fingerprint, run
from somel.embedded.places import open_folder

FOLDER = Path(__file__).parent / "tahu"


def ensure_tahu(cache: Path) -> Path:
    """Return a folder in the cache that holds the library, fetched by npm the first time.

    Raises
    ------
    ConfigurationError
        ``npm_failed``.
    """
    kept = cache / "tahu" / fingerprint(FOLDER / "package-lock.json")
    if not kept.is_dir():
        partial = open_folder(kept.with_name(kept.name + ".partial"))
        shutil.copytree(FOLDER, partial, ignore=shutil.ignore_patterns("node_modules"), dirs_exist_ok=True)
        run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], "npm_failed", cwd=partial)
        partial.rename(kept)
    return kept


class Tahu:
    """Ask a Node.js process to encode and to decode."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def encode(self, payload: dict[str, Any]) -> bytes:
        """Return a payload as Tahu writes it."""
        return base64.b64decode(self._ask({"encode": payload}))

    def decode(self, payload: bytes) -> dict[str, Any]:
        """Return what Tahu reads in a payload."""
        content: dict[str, Any] = self._ask({"decode": base64.b64encode(payload).decode()})
        return content

    def _ask(self, request: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@contextmanager
def tahu(folder: Path) -> Iterator[Tahu]:
    """Run the library while inside."""
    script = folder / "peer.cjs"
    shutil.copy(FOLDER / "peer.cjs", script)
    with subprocess.Popen(["node", str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Tahu(process)
        assert process.stdin is not None
        process.stdin.close()
