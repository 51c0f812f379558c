"""When a service takes passes, for everybody to read: what its rules have in common, and never whom they admit."""

from collections.abc import Mapping, Sequence
from typing import Any


def hours_of(rules: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]] | None:
    """Return the windows of all rules together; empty: at any time; None: there is no rule.

    Examples
    --------
    >>> hours_of([{"windows": [{"days": [6, 7], "from": "09:00", "until": "12:00"}]}, {"windows": []}])
    []
    """
    if not rules:
        return None
    windows = [window for rule in rules for window in rule.get("windows", [])]
    if any(not rule.get("windows") for rule in rules):
        return []
    unique = {(tuple(sorted(one["days"])), one["from"], one["until"]) for one in windows}
    return [{"days": list(days), "from": opens, "until": closes} for days, opens, closes in sorted(unique)]


def closed_days(rules: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the days on which no rule admits anybody.

    Examples
    --------
    >>> closed_days([{"closed_on": ["2026-12-25", "2027-01-01"]}, {"closed_on": ["2026-12-25"]}])
    ['2026-12-25']
    """
    if not rules:
        return []
    return sorted(set.intersection(*({str(day) for day in rule.get("closed_on", [])} for rule in rules)))
