"""The horodate of a Linky in standard mode: local time with its season, and a word on how far to believe it."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from core.quality import Quality
from core.slots import LOCAL_ZONE

_HORODATE: Final = re.compile(rb"([EeHh ])([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})")
#: Summer is two hours ahead of UTC, winter one. [h]
_AHEAD_H: Final = {b"E": 2, b"e": 2, b"H": 1, b"h": 1}
_CENTURY: Final = 2000


class Stamp(NamedTuple):
    """An instant, UTC epoch [s]; estimated where the meter's clock is degraded or the platform had to say when."""

    at_s: int
    quality: Quality


def read_horodate(text: bytes) -> Stamp | None:
    """Return the instant of ``SAAMMJJhhmmss``; None when there is no such date.

    A small letter says that the clock runs without having been set (degraded); a space, that the season is not known
    either: it is then the calendar's.

    Examples
    --------
    >>> read_horodate(b"E170915101601")
    Stamp(at_s=1505463361, quality=<Quality.OK: 0>)
    """
    found = _HORODATE.fullmatch(text)
    if found is None:
        return None
    season = found[1]
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[1:])
    try:
        local = datetime(_CENTURY + year, month, day, hour, minute, second)  # noqa: DTZ001 - the zone follows
    except ValueError:
        return None
    if season == b" ":
        instant = local.replace(tzinfo=LOCAL_ZONE)
    else:
        instant = local.replace(tzinfo=UTC) - timedelta(hours=_AHEAD_H[season])
    return Stamp(int(instant.timestamp()), Quality.OK if season in (b"E", b"H") else Quality.ESTIMATED)
