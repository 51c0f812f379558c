"""Files of tariffs: colours of days, prices, or off-peak hours, as CSV or JSON; bad lines are named, good ones kept."""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path
from typing import Any, Final, TypeAlias
from uuid import UUID

from core.errors import InputError
from core.tariff_calendar import Calendar
from core.tariffs import PRICED, Tariff, Window, require_windows
from db.tariffs import TariffDay, TariffPrice

Line: TypeAlias = Mapping[str, Any]

#: Columns of each kind of file.
DAYS: Final = ("tariff", "day", "color")
PRICES: Final = ("tariff", "period", "valid_from", "price_eur_per_mwh")
HOURS: Final = ("usage_point_key", "starts_at", "ends_at")


@dataclass(slots=True)
class TariffFile:
    """Hold what a file says.

    Attributes
    ----------
    days, prices, hours
        What it holds: colours, prices, off-peak hours by usage point; of each file one of them.
    refused : list of (int, str)
        Number of each line that is not taken, from 1 for the first after the titles, and why, as a code.
    """

    days: list[TariffDay] = field(default_factory=list)
    prices: list[TariffPrice] = field(default_factory=list)
    hours: dict[UUID, list[Window]] = field(default_factory=dict)
    refused: list[tuple[int, str]] = field(default_factory=list)

    @property
    def codes(self) -> dict[str, int]:
        """Count refused lines by code."""
        return dict(sorted(Counter(code for _, code in self.refused).items()))

    @property
    def taken(self) -> int:
        """Return the number of lines that are taken."""
        return len(self.days) + len(self.prices) + sum(len(one) for one in self.hours.values())


def read_tariff_file(path: Path, calendar: Calendar) -> TariffFile:
    """Read a file.

    Parameters
    ----------
    path : Path
        CSV with titles, or JSON: a list of objects. Columns are `DAYS`, `PRICES` or `HOURS`, and perhaps ``source``,
        which else is the name of the file.
    calendar : Calendar
        Colours that are known already: with them no season may get more days of a colour than it has.

    Raises
    ------
    InputError
        ``tariff_file_unreadable``.
    """
    lines = _lines(path)
    titles = set(lines[0]) if lines else set()
    kinds: list[tuple[tuple[str, ...], Callable[[], TariffFile]]] = [
        (DAYS, lambda: _days(lines, path.name, calendar)),
        (PRICES, lambda: _prices(lines, path.name)),
        (HOURS, lambda: _hours(lines)),
    ]
    for columns, read in kinds:
        if titles.issuperset(columns):
            return read()
    wanted = "; or ".join(", ".join(columns) for columns, _ in kinds)
    raise InputError("tariff_file_unreadable", f"{path.name} needs the columns {wanted}.")


def _lines(path: Path) -> Sequence[Line]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() != ".json":
            return list(csv.DictReader(io.StringIO(text)))
        found = json.loads(text)
    except (OSError, ValueError, csv.Error) as error:
        raise InputError("tariff_file_unreadable", f"{path.name} cannot be read: {error}") from error
    if not isinstance(found, list) or not all(isinstance(line, dict) for line in found):
        raise InputError("tariff_file_unreadable", f"{path.name} has to be a list of objects.")
    return found


def _days(lines: Sequence[Line], name: str, calendar: Calendar) -> TariffFile:
    found, known = TariffFile(), calendar
    for number, line in enumerate(lines, 1):
        tariff, color, day = str(line.get("tariff")), str(line.get("color")), _date(line.get("day"))
        fault = "day_invalid" if day is None else known.fault_of(tariff, day, color)
        if fault is not None or day is None:
            found.refused.append((number, fault or "day_invalid"))
            continue
        known = known.with_days([(tariff, day, color)])
        found.days.append(TariffDay(tariff, day, color, str(line.get("source") or name)))
    # Of a day that stands there twice the last line counts.
    found.days = list({(one.tariff, one.day): one for one in found.days}.values())
    return found


def _prices(lines: Sequence[Line], name: str) -> TariffFile:
    found = TariffFile()
    known = {(str(tariff), str(period)) for tariff, periods in PRICED.items() for period in periods}
    for number, line in enumerate(lines, 1):
        key, since = (str(line.get("tariff")), str(line.get("period"))), _date(line.get("valid_from"))
        price = _price(line.get("price_eur_per_mwh"))
        if key not in known:
            code = "period_unknown" if key[0] in set(Tariff) else "tariff_unknown"
            found.refused.append((number, code))
        elif since is None or price is None:
            found.refused.append((number, "day_invalid" if since is None else "price_invalid"))
        else:
            found.prices.append(TariffPrice(*key, since, price, str(line.get("source") or name)))
    found.prices = list({(one.tariff, one.period, one.valid_from): one for one in found.prices}.values())
    return found


def _hours(lines: Sequence[Line]) -> TariffFile:
    found = TariffFile()
    for number, line in enumerate(lines, 1):
        try:
            key = UUID(str(line.get("usage_point_key")))
            window = (time.fromisoformat(str(line.get("starts_at"))), time.fromisoformat(str(line.get("ends_at"))))
            require_windows([*found.hours.get(key, ()), window])
        except InputError as error:
            found.refused.append((number, error.code))
        except ValueError:
            found.refused.append((number, "hours_invalid"))
        else:
            found.hours.setdefault(key, []).append(window)
    return found


def _date(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None


def _price(text: object) -> float | None:
    """Return a price that can be one: any finite number up to 100 EUR/kWh, negative ones too. [EUR/MWh]."""
    try:
        price = float(str(text))
    except ValueError:
        return None
    return price if abs(price) <= 100_000 else None  # noqa: PLR2004 - as the docstring says; NaN is not either
