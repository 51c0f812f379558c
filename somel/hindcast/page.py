"""The page of a backtest: one file that asks nobody for anything."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

from core.errors import InputError
from grid.experts import EXPERTS
from grid.hindcast.samples import BEST, LARGEST, WORST, Sample
from somel.hindcast import charts
from somel.hindcast.table import weather
from somel.hindcast.tables import by_lead, places

_STYLE: Final = Path(__file__).with_name("page.css")
_MARK: Final = '<svg class="mark" viewBox="0 0 32 32" aria-hidden="true"><path d="M3 20h5l4-13 6 20 4-12 2 5h5"/></svg>'
_SAMPLES: Final = {LARGEST: "most load", BEST: "least error", WORST: "most error"}
_MOST_PLACES: Final = 500


def page(facts: dict[str, Any], samples: dict[str, Sample]) -> str:
    """Return the page.

    Parameters
    ----------
    facts : dict
        See `grid.hindcast.summary.summary`.
    samples : dict of str to Sample
        Days to draw.
    """
    settings, level = facts["settings"], facts["level"]
    title = f"{settings['level'].replace('_', ' ').capitalize()} forecasts, issued again"
    many = f"{settings['place_count']} places" if settings["place_count"] > 1 else facts["places"][0]["name"]
    about = (
        f"{many} · {settings['origin_count']} issues at {settings['issue_at']} from {settings['first_day']} to before "
        f"{settings['end_day']} · {settings['horizon_h']} h ahead from {settings['history_days']} days of load, "
        f"{weather(facts['weather'])}"
    )
    body = [
        f'<div class="wide"><h1>{escape(title)}</h1><p class="muted">{escape(about)}</p></div>',
        _facts(level["whole"]),
        *_errors(facts),
        *_days(samples),
        _weights(level),
        _places(facts["places"]),
        f'<ul class="notes wide">{"".join(f"<li>{escape(note)}</li>" for note in facts["notes"])}</ul>',
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="color-scheme" content="light dark">\n<title>somel · {escape(title)}</title>\n'
        f"<style>\n{_STYLE.read_text(encoding='utf-8')}</style>\n</head>\n<body>\n"
        f"<header>{_MARK}<div><strong>somel</strong><br><span>Backtest of forecasts</span></div></header>\n<main>\n"
        + "\n".join(body)
        + "\n</main>\n</body>\n</html>\n"
    )


def require_folder(path: Path) -> None:
    """Refuse a file that could not be written, before hours are spent on it.

    Raises
    ------
    InputError
        ``page_not_writable``.
    """
    if path.is_dir() or not path.parent.is_dir():
        raise InputError("page_not_writable", f"{path} is not a file in a folder that is there.", path=str(path))


def write(path: Path, text: str) -> None:
    """Write the page.

    Raises
    ------
    InputError
        ``page_not_writable``.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError("page_not_writable", f"{path} cannot be written: {error}.", path=str(path)) from error


def card(title: str, about: str, parts: Sequence[str], *, wide: bool = False) -> str:
    """Return a card with a title, a sentence and what it shows."""
    kind = "card wide" if wide else "card"
    head = f'<h2>{escape(title)}</h2><p class="muted">{escape(about)}</p>'
    return f'<section class="{kind}">{head}{"".join(parts)}</section>'


def _facts(whole: dict[str, Any]) -> str:
    change = whole["naive_ratio"]
    shown = (
        ("rMAE", _percent(whole["rmae_ratio"]), "", "Mean absolute error over the range of the load, P1 to P99."),
        (
            "against last week",
            "–" if change is None else f"{100 * (change - 1):+.0f} %",
            "" if change is None else ("good" if change < 1 else "bad"),
            "Error against that of repeating the week before.",
        ),
        ("rCRPS", _percent(whole["rcrps_ratio"]), "", "Score of all quantiles, over the same range."),
        (
            "coverage",
            _percent(whole["coverage_ratio"]),
            "",
            "Loads between the quantiles of 5 and 95 %; 90 % is meant.",
        ),
    )
    cells = "".join(
        f'<div class="card fact"><span>{name}</span><b class="{kind}">{value}</b><p>{words}</p></div>'
        for name, value, kind, words in shown
    )
    return f'<div class="facts wide">{cells}</div>'


def _errors(facts: dict[str, Any]) -> list[str]:
    level = facts["level"]
    error = _legend(("l-expected", "forecast"), ("l-naive", "last week repeated"))
    reliable = _legend(("l-expected", "all leads"), ("l-faint", "each block of leads"), ("l-naive", "as promised"))
    return [
        card(
            "Error by how far ahead",
            "Mean absolute error over the range of the load, by hour of lead; mean over places.",
            [error, _scroll(charts.error_by_lead(level))],
        ),
        card(
            "Can the quantiles be believed?",
            "Share of loads at or below each quantile, against its probability.",
            [reliable, _scroll(charts.reliability(level))],
        ),
        card(
            "Figures by lead",
            "Issued again, and beside it what was really issued of each place by itself, where anything was.",
            [f'<div class="scroll">{by_lead(level, facts["issued"])}</div>'],
            wide=True,
        ),
    ]


def _days(samples: dict[str, Sample]) -> list[str]:
    legend = _legend(("l-measured", "measured"), ("l-expected", "expected"), ("l-fan", "50, 80 and 90 % of loads"))
    shown: dict[int, tuple[list[str], Sample]] = {}
    for name, words in _SAMPLES.items():
        if name in samples:
            shown.setdefault(samples[name].place.place_id, ([], samples[name]))[0].append(words)
    return [
        card(
            sample.place.name,
            f"{sample.place.code}: {' and '.join(why)}. The last days that were issued for, each issue until the next.",
            [legend, _scroll(charts.fan(sample), long=True)],
            wide=True,
        )
        for why, sample in shown.values()
    ]


def _weights(level: dict[str, Any]) -> str:
    names = tuple((f"e{number}", name.replace("_", " ")) for number, name in enumerate(EXPERTS))
    about = "What each expert had to say in the forecast, mean over places and leads."
    return card("Who was listened to", about, [_legend(*names), _scroll(charts.weights(level), long=True)], wide=True)


def _places(rows: list[dict[str, Any]]) -> str:
    about = "The best first, by rMAE."
    if len(rows) > _MOST_PLACES:
        about = f"The best {_MOST_PLACES // 2} and the worst {_MOST_PLACES // 2} of {len(rows)}, by rMAE."
        rows = rows[: _MOST_PLACES // 2] + rows[-_MOST_PLACES // 2 :]
    return card("Places", about, [f'<div class="scroll">{places(rows)}</div>'], wide=True)


def _legend(*entries: tuple[str, str]) -> str:
    return (
        '<ul class="legend">'
        + "".join(f'<li><i class="{kind}"></i>{escape(name)}</li>' for kind, name in entries)
        + "</ul>"
    )


def _scroll(chart: str, *, long: bool = False) -> str:
    return f'<div class="{"scroll long" if long else "scroll"}">{chart}</div>'


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"
