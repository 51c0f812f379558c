"""pygeoapi with its PostgreSQL provider, in an environment of its own, served by gunicorn as its documents advise.

Its provider wants one column that names a feature, which our records, named by station and time, have not. So it is
given a plain table of the same rows with an integer key, in the order of that key: nothing is quicker to page through.
"""

import contextlib
import json
import os
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from benchmarks._peer_environment import PeerEnvironment
from db.connection import connect

ENVIRONMENT: Final = PeerEnvironment(
    "pygeoapi", ".venv-pygeoapi", "pygeoapi.txt", "pygeoapi, gunicorn, psycopg2, geoalchemy2"
)
#: A process for each of the two cores, and threads, which keep connections open.
_WORKERS: Final = ("--workers", "2", "--worker-class", "gthread", "--threads", "4")
_COPY: Final = """
CREATE TABLE public.velo AS
SELECT row_number() OVER (ORDER BY at, station) AS id, station, at, name, commune, bikes, places, _geometry AS geometry
FROM enjoy.d1_v1
"""
_PASSWORD: Final = "unused"  # noqa: S105 - the embedded server trusts its own host


async def prepare(url: str) -> None:
    """Make the peer's table, with every index that it could use."""
    async with await connect(url, None, autocommit=True) as connection:
        await connection.execute(_COPY)
        await connection.execute("ALTER TABLE public.velo ADD PRIMARY KEY (id)")
        await connection.execute("CREATE INDEX ON public.velo USING gist (geometry)")
        await connection.execute("CREATE INDEX ON public.velo (at)")
        await connection.execute("VACUUM ANALYZE public.velo")


@contextlib.contextmanager
def serving(interpreter: Path, url: str) -> Iterator[str]:
    """Serve until the block ends; give the address of the collection."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings, document = folder / "pygeoapi.yml", folder / "openapi.json"
        settings.write_text(json.dumps(_settings(url, port)))  # what is JSON is YAML
        environment = os.environ | {"PYGEOAPI_CONFIG": str(settings), "PYGEOAPI_OPENAPI": str(document)}
        made = [str(interpreter.with_name("pygeoapi")), "openapi", "generate", str(settings), "--format", "json"]
        made += ["--output-file", str(document)]
        subprocess.run(made, env=environment, check=True, capture_output=True)
        command = [str(interpreter), "-m", "gunicorn", *_WORKERS, "--bind", f"127.0.0.1:{port}"]
        with subprocess.Popen(
            [*command, "pygeoapi.flask_app:APP"], env=environment, stderr=subprocess.DEVNULL
        ) as process:
            try:
                address = f"http://127.0.0.1:{port}/collections/velo"
                _await(f"{address}/items?f=json&limit=1")
                yield address
            finally:
                process.terminate()


def _await(address: str) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - ours
            answer.read()
            return
        time.sleep(0.2)
    raise SystemExit("pygeoapi does not answer.")


def _settings(url: str, port: int) -> dict[str, Any]:
    about = {"title": "V'lille", "description": "V'lille", "keywords": ["bicycle"]}
    spatial = {"bbox": [2.5, 50.3, 3.5, 51], "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}
    collection = {"type": "collection", "links": [], "extents": {"spatial": spatial}, "providers": [_provider(url)]}
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": port},
            "url": f"http://127.0.0.1:{port}",
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "languages": ["en-US"],
            "limits": {"default_items": 100, "max_items": 10_000},
            "map": {"url": "https://tile.test/{z}/{x}/{y}.png", "attribution": "none"},
        },
        "logging": {"level": "ERROR"},
        "metadata": _metadata(about),
        "resources": {"velo": about | collection},
    }


def _provider(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    return {
        "type": "feature",
        "name": "PostgreSQL",
        "data": {
            "host": parts.hostname,
            "port": parts.port,
            "dbname": parts.path.lstrip("/"),
            "user": parts.username,
            "password": parts.password or _PASSWORD,
            "search_path": ["public"],
        },
        "id_field": "id",
        "table": "velo",
        "geom_field": "geometry",
        "time_field": "at",
    }


def _metadata(about: dict[str, Any]) -> dict[str, Any]:
    site = "https://somel.test"
    return {
        "identification": about | {"keywords_type": "theme", "terms_of_service": "none", "url": site},
        "license": {"name": "Licence Ouverte 2.0", "url": "https://spdx.org/licenses/etalab-2.0"},
        "provider": {"name": "Ilévia", "url": site},
        "contact": {"name": "Ilévia", "email": "nobody@somel.test", "url": site},
    }
