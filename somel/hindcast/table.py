"""What ``somel forecast backtest`` prints for people."""

from io import StringIO
from typing import Any, Final

from rich.console import Console
from rich.table import Table

_WIDTH: Final = 110
_PLACES_SHOWN: Final = 10


def table(facts: dict[str, Any]) -> str:
    """Return the report as text: figures by lead, places, notes."""
    written = StringIO()
    console = Console(file=written, width=_WIDTH, color_system=None)
    settings, level = facts["settings"], facts["level"]
    places = "1 place" if settings["place_count"] == 1 else f"{settings['place_count']} places"
    console.print(
        f"{places} ({settings['level']}), {settings['origin_count']} issues at {settings['issue_at']} "
        f"from {settings['first_day']} to before {settings['end_day']}, known {settings['known']}, "
        f"{weather(facts['weather'])}"
    )
    console.print(_by_lead([level["whole"], *level["by_lead"]], facts["issued"]))
    if len(facts["places"]) > 1:
        console.print(_places(facts["places"]))
    for note in facts["notes"]:
        console.print(f"- {note}")
    return written.getvalue().rstrip()


def _by_lead(blocks: list[dict[str, Any]], issued: dict[str, Any] | None) -> Table:
    shown = Table("lead", "rMAE", "last week's", "against it", "rCRPS", "coverage of 90 %", box=None, pad_edge=False)
    really = [] if issued is None else [issued["whole"], *issued["by_lead"]]
    if really:
        shown.add_column("issued: rMAE")
        shown.add_column("coverage")
    for number, block in enumerate(blocks):
        cells = [ratio(block[name]) for name in ("rmae_ratio", "naive_rmae_ratio")]
        cells += [change(block["naive_ratio"]), ratio(block["rcrps_ratio"]), ratio(block["coverage_ratio"])]
        if really:
            cells += [ratio(really[number][name]) for name in ("rmae_ratio", "coverage_ratio")]
        shown.add_row("all" if number == 0 else lead(block), *cells)
    return shown


def _places(places: list[dict[str, Any]]) -> Table:
    shown = Table("place", "", "rMAE", "against last week", "coverage of 90 %", "mostly", box=None, pad_edge=False)
    head = places if len(places) <= _PLACES_SHOWN else places[: _PLACES_SHOWN // 2]
    tail = [] if head is places else places[-_PLACES_SHOWN // 2 :]
    for place in head:
        shown.add_row(*_place(place))
    if tail:
        shown.add_row(f"… {len(places) - len(head) - len(tail)} more")
    for place in tail:
        shown.add_row(*_place(place))
    return shown


def _place(place: dict[str, Any]) -> list[str]:
    whole = place["whole"]
    figures = [ratio(whole["rmae_ratio"]), change(whole["naive_ratio"]), ratio(whole["coverage_ratio"])]
    return [place["code"], place["name"], *figures, next(iter(place["method_count"]))]


def lead(block: dict[str, Any]) -> str:
    """Return a block of leads as words."""
    return f"{block['lead_start_h']}–{block['lead_end_h']} h"


def weather(seen: dict[str, Any]) -> str:
    """Return whether forecasts looked at the weather, as words."""
    if not seen["forecast_count"]:
        return "without weather"
    if seen["forecast_count"] == seen["of_count"]:
        return "with the weather known then"
    return f"with the weather known then in {seen['forecast_count']} of {seen['of_count']} forecasts"


def ratio(value: float | None) -> str:
    """Return a ratio in per cent, or a dash."""
    return "–" if value is None else f"{100 * value:.1f} %"


def change(value: float | None) -> str:
    """Return how much more or less than 1 a ratio is, in per cent, or a dash."""
    return "–" if value is None else f"{100 * (value - 1):+.0f} %"
