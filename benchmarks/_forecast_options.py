"""Options of the forecasts' benchmark, and what of it this machine has: all parts run where nothing else is said."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks import _peers, _taylor
from core.errors import ConfigurationError
from somel.embedded.places import Places

ISSUE_HOUR: Final = 12
HORIZON: Final = 36 * 2
SERIES: Final = 10_000
#: A tenth of them is timed, too.
_FEWEST: Final = 10


def say(message: str) -> None:
    """Print progress where it does not mix with the result."""
    print(message, file=sys.stderr, flush=True)


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return the parser of all options."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--json", action="store_true", help="print one JSON object on the last line")
    _add_series(made)
    _add_parts(made)
    return made


def checked(made: argparse.ArgumentParser, arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options chosen; end with what is wrong with them."""
    chosen = made.parse_args(arguments)
    if chosen.series is not None and chosen.column is None:
        made.error("--series needs --column")
    for name in ("series", "taylor"):
        file = getattr(chosen, name)
        if file is not None and not file.is_file():
            made.error(f"--{name}: there is no file {file}")
    if chosen.scale < _FEWEST:
        made.error(f"--scale needs {_FEWEST} series or more")
    return chosen


def peers(chosen: argparse.Namespace) -> _peers.Peers | None:
    """Return the peers to compare with: those named, those that ``make peers`` has set up, or none, and say so."""
    if chosen.without_peers:
        say("left out: LightGBM and MSTL of statsforecast, by --without-peers")
        return None
    if chosen.peers is None and not _peers.installed(_peers.PYTHON):
        say(f"left out: LightGBM and MSTL of statsforecast, for they are peers. {_peers.HOW}")
        return None
    return _peers.Peers(chosen.peers or _peers.PYTHON)


def wheel(chosen: argparse.Namespace) -> Path | None:
    """Return the wheel with Taylor's series: the one named, or the one pinned, fetched once; None without a network."""
    if chosen.without_taylor:
        say("left out: Taylor's series, and MSTL on it, by --without-taylor")
        return None
    if chosen.taylor is not None:
        return Path(chosen.taylor)
    try:
        return _taylor.fetched(Places.from_environment().cache)
    except (ConfigurationError, OSError) as error:
        say(f"left out: Taylor's series, and MSTL on it. {error}")
        return None


def _add_series(made: argparse.ArgumentParser) -> None:
    beside = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
    data = Path(os.environ.get("SOMEL_REFERENCE_DATA") or beside)
    made.add_argument("--data", type=Path, default=data, help="folder of measured reference data")
    made.add_argument("--school-holidays", action="store_true", help="know those of zone B, to see what they are worth")
    only = made.add_argument_group("one series only")
    only.add_argument("--series", type=Path, metavar="FILE", help="score this CSV or Parquet file and nothing else")
    only.add_argument("--column", help="its column of load; the first column holds times")
    only.add_argument("--zone", default="Europe/Paris", help="zone of its days, where its times have one")
    only.add_argument("--issue-hour", type=int, default=ISSUE_HOUR, choices=range(24), metavar="H", help="local hour")
    only.add_argument("--horizon", type=int, default=HORIZON, metavar="N", help="half-hours from the issue on")


def _add_parts(made: argparse.ArgumentParser) -> None:
    parts = made.add_argument_group("parts, each run unless it is left out")
    scale = parts.add_mutually_exclusive_group()
    scale.add_argument(
        "--scale",
        type=int,
        nargs="?",
        const=SERIES,
        default=SERIES,
        metavar="SERIES",
        help=f"time a fit to a year of so many series ({SERIES:,} take 2 to 3 minutes, 3 GB) and an update by one slot",
    )
    scale.add_argument("--without-scale", action="store_true", help="time neither")
    taylor = parts.add_mutually_exclusive_group()
    taylor.add_argument(
        "--taylor", type=Path, metavar="WHEEL", help="wheel of pmdarima to read, not the pinned one, fetched once"
    )
    taylor.add_argument("--without-taylor", action="store_true", help="leave that series out, and MSTL with it")
    rivals = parts.add_mutually_exclusive_group()
    rivals.add_argument(
        "--peers",
        type=Path,
        nargs="?",
        const=_peers.PYTHON,
        metavar="PYTHON",
        help="insist on MSTL and LightGBM; where they are installed, if not in .venv-peers by `make peers`",
    )
    rivals.add_argument("--without-peers", action="store_true", help="compare with neither (some ten minutes less)")
