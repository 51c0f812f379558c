"""Validations lose whose they are after 48 hours; figures of few holders are hidden, and cannot be worked out."""

from datetime import timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from db.pass_figures import CellRow
from enjoy.passes.figures import count_and_forget, published
from tests.db.village import ask
from tests.enjoy.lending import lending
from tests.enjoy.passes.gates import gates
from tests.enjoy.passes.town import NOON, RULE, Town, add_service

LEAST = 3


async def test_a_day_is_counted_once_then_nothing_says_who_came(database_url: str, tmp_path: Path) -> None:
    town = Town(database_url)
    child = {**RULE, "rights": [2], "price_class": "child", "uses": [{"most": 5, "per": "month"}]}
    add_service(town, "pool", venues=("front", "back"), rules=(child, {**RULE, "lasts_s": 86_400}))
    async with gates(town, tmp_path, "pool/front", "pool/back") as doors:
        for _ in range(3):
            assert (await doors.online("pool/front", text=await doors.paper()))["price_class"] == "full"
        phone = await doors.phone(rights=(2,))
        assert (await doors.online("pool/front", text=phone.shows(NOON)))["price_class"] == "child"
        assert (await doors.online("pool/back", text=await doors.paper()))["admitted"]
        lend = lending(database_url)
        await count_and_forget(lend, least=LEAST, now=NOON + timedelta(hours=20))
        assert ask(database_url, "SELECT count(*) FROM pass.statistic") == [(0,)]
        for _ in range(2):
            await count_and_forget(lend, least=LEAST, now=NOON + timedelta(hours=47))
        known = "SELECT count(subject_id), count(token_id), count(step) FROM pass.validation"
        assert ask(database_url, known) == [(5, 5, 1)]
        doors.at(NOON + timedelta(days=2))
        told = (await doors.operator.get("/v1/services/pool/statistics?until=2026-11-28")).json()
        assert [(one["venue"], one["price_class"], one["admissions"], one["hidden"]) for one in told] == [
            ("back", None, None, "k"),
            ("back", "full", None, "k"),
            ("front", None, 4, None),
            ("front", "child", None, "k"),
            ("front", "full", None, "complementary"),
        ]
        await count_and_forget(lend, least=LEAST, now=NOON + timedelta(hours=48))
        assert ask(database_url, known) == [(0, 0, 0)]
        assert ask(database_url, "SELECT per, use_count FROM pass.use") == [("month", 1)]
        assert ask(database_url, "SELECT DISTINCT extract(hour FROM at)::integer FROM pass.first_use") == [(0,)]
        refused = await doors.operator.get("/v1/services/library/statistics")
        assert (refused.status_code, refused.json()["code"]) == (404, "service_unknown")


@given(st.lists(st.tuples(st.integers(1, 8), st.integers(0, 5)), min_size=1, max_size=5), st.integers(2, 5))
def test_what_is_told_gives_no_figure_of_few_by_subtraction(classes: list[tuple[int, int]], least: int) -> None:
    cells = [
        CellRow(1, f"class{place}", False, holders + more, holders) for place, (holders, more) in enumerate(classes)
    ]
    every = CellRow(1, "", True, sum(cell.admission_count for cell in cells), sum(holders for holders, _ in classes))
    told = {one.price_class: one for one in published([*cells, every], least)}
    assert set(told) == {cell.price_class for cell in [*cells, every]}
    hidden = [cell for cell in cells if told[cell.price_class].hidden]
    assert all(told[cell.price_class].admission_count in (None, cell.admission_count) for cell in [*cells, every])
    assert all(cell.holder_count >= least for cell in cells if cell not in hidden)
    if hidden and told[""].hidden is None:  # all that is hidden together is what subtraction gives
        assert sum(cell.holder_count for cell in hidden) >= least
