"""The tables of a backtest's page."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, Final

from somel.hindcast.table import change, lead, ratio

_UNITS: Final = ((1e6, "MW"), (1e3, "kW"), (1.0, "W"))


def by_lead(level: dict[str, Any], issued: dict[str, Any] | None) -> str:
    """Return the figures of a level by blocks of leads, beside those of what was really issued."""
    head = ["lead", "rMAE", "last week's", "against it", "rCRPS", "coverage of 90 %"]
    blocks = [level["whole"], *level["by_lead"]]
    really = [] if issued is None else [issued["whole"], *issued["by_lead"]]
    if issued is not None:
        issues = f"{issued['issue_count']} really issued"
        head += [f"{issues}: rMAE", "against last week", "rCRPS", "coverage"]
    rows = []
    for number, block in enumerate(blocks):
        cells = [cell("all" if number == 0 else lead(block), "left")]
        cells += [cell(ratio(block[name])) for name in ("rmae_ratio", "naive_rmae_ratio")]
        cells += _figures(block)
        if really:
            cells += [cell(ratio(really[number]["rmae_ratio"])), *_figures(really[number])]
        rows.append(f'<tr class="{"all" if number == 0 else ""}">{"".join(cells)}</tr>')
    return _table(head, rows, left=1)


def places(rows: Sequence[dict[str, Any]]) -> str:
    """Return the places with their figures, in the order given; bars compare their errors."""
    head = [
        "place",
        "name",
        "mean load",
        "rMAE",
        "against last week",
        "rCRPS",
        "coverage of 90 %",
        "mostly by",
        "issued: rMAE",
    ]
    worst = max((row["whole"]["rmae_ratio"] or 0.0 for row in rows), default=0.0) or 1.0
    shown = []
    for row in rows:
        whole = row["whole"]
        width = 100 * (whole["rmae_ratio"] or 0.0) / worst
        bar = f'<td class="bar"><i style="width:{width:.1f}%"></i><span>{ratio(whole["rmae_ratio"])}</span></td>'
        method = next(iter(row["method_count"])).replace("_", " ")
        cells = [cell(row["code"], "left"), cell(row["name"], "left"), cell(_power(row["mean_load_w"])), bar]
        cells += [*_figures(whole), cell(method, "left"), cell(ratio(row["issued_rmae_ratio"]))]
        shown.append(f"<tr>{''.join(cells)}</tr>")
    return _table(head, shown, left=2)


def cell(words: str, kind: str = "") -> str:
    """Return a cell of a table."""
    return f'<td class="{kind}">{escape(words)}</td>' if kind else f"<td>{escape(words)}</td>"


def _figures(block: dict[str, Any]) -> list[str]:
    value = block["naive_ratio"]
    kind = "" if value is None else ("good" if value < 1 else "bad")
    return [cell(change(value), kind), cell(ratio(block["rcrps_ratio"])), cell(ratio(block["coverage_ratio"]))]


def _table(head: Iterable[str], rows: Iterable[str], *, left: int) -> str:
    cells = [
        f'<th scope="col"{" class=left" if number < left or name == "mostly by" else ""}>{escape(name)}</th>'
        for number, name in enumerate(head)
    ]
    return f"<table><thead><tr>{''.join(cells)}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _power(value: float | None) -> str:
    if value is None:
        return "–"
    scale, unit = next((one for one in _UNITS if abs(value) >= one[0]), _UNITS[-1])
    return f"{value / scale:.3g} {unit}"
