"""Measured curves out of any parquet or CSV file whose layout is stated: one row per meter and time."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import ConfigurationError, InputError
from simulators.weeks import YEAR_SLOTS, year_of_weeks

Unit = Literal["wh", "kwh", "w", "kw"]
_TO_WH_OR_W: Final[dict[str, float]] = {"wh": 1.0, "kwh": 1_000.0, "w": 1.0, "kw": 1_000.0}
_STEPS_S: Final = (60, 300, 600, 900, 1_800, 3_600)


@dataclass(frozen=True, slots=True)
class SourceLayout:
    """Say how a file of measured curves is written.

    Attributes
    ----------
    path : Path
        Parquet, or CSV with a header (also compressed, by its suffix).
    time_column, value_column : str
        Columns of the start of each step and of its value.
    id_column : str or None
        Column that tells the meters apart; None when the file holds one.
    unit : {'wh', 'kwh', 'w', 'kw'}
        Energy of the step, or mean power over it.
    step_s : int
        Step of the values, one of 60, 300, 600, 900, 1,800 and 3,600. [s]
    time_zone : str
        Zone of times that carry none.
    local_zone : str or None
        Zone whose days and weeks people lived by; None: the same. A French evening is then an evening there.
    """

    path: Path
    time_column: str = "time"
    value_column: str = "kwh"
    id_column: str | None = "id"
    unit: Unit = "kwh"
    step_s: int = 1_800
    time_zone: str = "UTC"
    local_zone: str | None = None


def read_source(layout: SourceLayout) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Read a file's curves.

    Returns
    -------
    names : tuple of str
        The meters, in order of their identifiers.
    year_wh : ndarray, shape (curve, YEAR_SLOTS), float64
        Their energies, as :func:`simulators.weeks.year_of_weeks` lays them out. [Wh]

    Raises
    ------
    ConfigurationError
        ``source_missing`` or ``source_layout_invalid``.
    InputError
        ``source_unreadable`` or ``source_too_short``, when a meter covers less than one week.
    """
    _check_layout(layout)
    frame = _read_frame(layout)
    wall = _wall_times(frame[layout.time_column], layout)
    values = pd.to_numeric(frame[layout.value_column], errors="coerce").to_numpy(np.float64)
    per_hour = 3_600 / layout.step_s if layout.unit.endswith("wh") else 1.0
    power_w = values * _TO_WH_OR_W[layout.unit] * per_hour
    ids = frame[layout.id_column].astype(str).to_numpy() if layout.id_column else np.full(len(frame), layout.path.stem)
    names = tuple(sorted({str(name) for name in ids}))
    years = np.empty((len(names), YEAR_SLOTS))
    for row, name in enumerate(names):
        mine = np.flatnonzero((ids == name) & wall.notna())
        years[row] = year_of_weeks(pd.DatetimeIndex(wall[mine]), power_w[mine], layout.step_s)
        if np.isnan(years[row]).any():
            raise InputError("source_too_short", f"{name} in {layout.path} covers less than a week.", meter=name)
    return names, years


def _check_layout(layout: SourceLayout) -> None:
    if not layout.path.is_file():
        raise ConfigurationError("source_missing", f"The file to replay, {layout.path}, is not there.")
    if layout.unit not in _TO_WH_OR_W or layout.step_s not in _STEPS_S:
        raise ConfigurationError(
            "source_layout_invalid",
            f"unit must be one of {', '.join(_TO_WH_OR_W)} and step_s one of {', '.join(map(str, _STEPS_S))}.",
            unit=layout.unit,
            step_s=layout.step_s,
        )
    for zone in (layout.time_zone, layout.local_zone or layout.time_zone):
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ConfigurationError("source_layout_invalid", f"{zone!r} is not a time zone.") from error


def _read_frame(layout: SourceLayout) -> pd.DataFrame:
    columns = [name for name in (layout.id_column, layout.time_column, layout.value_column) if name]
    try:
        if layout.path.suffix == ".parquet":
            return pd.read_parquet(layout.path, columns=columns)
        return pd.read_csv(layout.path, usecols=columns)
    except (ValueError, KeyError, OSError) as error:  # pandas and pyarrow: unknown columns, broken files
        raise InputError(
            "source_unreadable", f"{layout.path} cannot be read with columns {', '.join(columns)}: {error}."
        ) from error


def _wall_times(column: "pd.Series[pd.Timestamp]", layout: SourceLayout) -> pd.DatetimeIndex:
    """Return the times as clocks in the local zone showed them; NaT where a stamp is none."""
    stamps = pd.DatetimeIndex(pd.to_datetime(column, errors="coerce"))
    local = layout.local_zone or layout.time_zone
    if stamps.tz is None:
        if local == layout.time_zone:
            return stamps
        stamps = stamps.tz_localize(layout.time_zone, ambiguous="NaT", nonexistent="NaT")
    return stamps.tz_convert(local).tz_localize(None)
