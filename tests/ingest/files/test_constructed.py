"""Files made to be wrong in one way each: what is good in them is stored, what is not is told by line and code."""

import asyncio
import gzip
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from core.errors import ConfigurationError, InputError
from ingest.files.importing import import_readings
from ingest.files.report import Report
from ingest.files.wishes import DateOrder, Unit, Wishes
from tests.ingest.files.loading import NOW, epoch, load, stored

WH = Wishes(unit=Unit.WH, meter="m-000001")
GMT = ZoneInfo("UTC")
START = datetime(2026, 1, 5, tzinfo=UTC)


def lines(count, *, start=START, step_s=1_800, form="%Y-%m-%dT%H:%M:%SZ", first=100):
    stamps = (start + timedelta(seconds=step_s * index) for index in range(count))
    return [f"{stamp.strftime(form)},{first + index}" for index, stamp in enumerate(stamps)]


def written(tmp_path, rows, head="time,value", name="a.csv"):
    file = tmp_path / name
    file.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return file


def told(loaded):
    return [(remark.line, remark.code) for remark in loaded.report.first if remark.line]


def test_a_second_run_finds_duplicates_only(territory, tmp_path):
    file = written(tmp_path, lines(100))
    assert load(territory, file, WH).became == (100, 0, 0, 0)
    assert load(territory, file, WH).became == (0, 100, 0, 0)
    imports = territory.rows(
        "SELECT stored, duplicate, finished_at IS NOT NULL FROM file_import ORDER BY file_import_id"
    )
    assert imports == [(100, 0, True), (0, 100, True)]
    assert territory.value("SELECT count(*) FROM rollup_pending") == 0
    summed = "SELECT sum(import_wh) FROM place_interval JOIN place USING (place_id) WHERE level = 'feeder'"
    assert territory.value(summed) == sum(range(100, 200))


def test_a_corrected_file_revises_and_keeps_the_old_value(territory, tmp_path):
    load(territory, written(tmp_path, lines(10)), WH)
    corrected = load(territory, written(tmp_path, [*lines(9), "2026-01-05T04:30:00Z,999"]), WH)
    assert corrected.became == (0, 9, 1, 0)
    assert territory.rows("SELECT value FROM interval_reading_revision") == [(109.0,)]


def test_a_dry_run_writes_nothing_and_judges_all(territory, tmp_path):
    loaded = load(territory, written(tmp_path, [*lines(10), "2026-01-05T05:00:00Z,-1"]), WH, dry_run=True)
    assert (loaded.outcome.accepted, loaded.outcome.counts.refused) == (10, 1)
    assert territory.value("SELECT (SELECT count(*) FROM interval_reading) + (SELECT count(*) FROM file_import)") == 0


def test_every_kind_of_bad_line_is_told_by_its_number_and_the_good_ones_are_stored(territory, tmp_path):
    bad = [
        ("2026-01-06T00:00:00Z", "line_malformed"),
        ("2026-01-06T00:00:00Z,1,2", "line_malformed"),
        ("yesterday,1", "time_unreadable"),
        ("2026-02-30T00:00:00Z,1", "time_unreadable"),
        ("2026-01-05T00:17:00Z,1", "start_off_grid"),
        ("2026-01-06T01:00:00Z,twelve", "value_unreadable"),
        ('2026-01-06T01:00:00Z,"1,5"', "decimal_mark_mixed"),
        ("2026-01-06T01:00:00Z,-5", "value_negative"),
        ("2026-01-06T01:00:00Z,200000", "value_out_of_range"),
        ("2026-06-06T01:00:00Z,5", "time_in_future"),
        ("2016-01-06T01:00:00Z,5", "time_too_old"),
        ("2026-01-05T00:00:00Z,101", "value_contradicts"),
    ]
    good = [f"{line}.0" for line in lines(48)]
    file = written(tmp_path, [*good[:40], *(line for line, _ in bad), *good[40:]])
    loaded = load(territory, file, WH)
    assert loaded.became == (48, 0, 0, len(bad))
    expected = sorted(code for _, code in bad)
    refused = {code: count for code, count in loaded.codes.items() if code not in {"time_unsorted", "gap"}}
    assert sorted(code for code, count in refused.items() for _ in range(count)) == expected
    kept = territory.rows("SELECT code, refused_count FROM refused_message ORDER BY code")
    assert sum(count for _, count in kept) == len(bad)


def test_lines_are_numbered_as_an_editor_numbers_them(territory, tmp_path):
    rows = [lines(1)[0], "", "2026-01-05T00:30:00Z", "", "2026-01-05T01:00:00Z,x", "2026-01-05T01:30:00Z,1,1,1"]
    source = written(tmp_path, [*rows, *lines(4, start=START + timedelta(hours=2)), "2026-01-05T09:00:00Z,y"])
    file = tmp_path / "report.csv"
    with Report(file.open("w", newline="")) as report:
        work = import_readings(source, WH, database_url=territory.url, now=NOW, report=report)
        asyncio.run(work)
    told = pd.read_csv(file)
    told = told[told["refused"] == "yes"].sort_values("line")
    assert list(zip(told["line"], told["code"], strict=True)) == [
        (4, "line_malformed"),
        (6, "value_unreadable"),
        (7, "line_malformed"),
        (12, "value_unreadable"),
    ]


def test_repetitions_are_told_apart_from_contradictions_wherever_they_stand(territory, tmp_path):
    rows = lines(96)
    file = written(tmp_path, [*rows, rows[3], "2026-01-05T02:00:00Z,7", rows[4]])
    loaded = load(territory, file, WH)
    assert loaded.became == (96, 2, 0, 1)
    assert told(loaded) == [(98, "value_repeated"), (99, "value_contradicts"), (100, "value_repeated")]
    assert load(territory, file, WH).became == (0, 98, 0, 1)


def test_gaps_are_told_and_unsorted_lines_are_no_gaps(territory, tmp_path):
    rows = lines(96)
    shuffled = [rows[index] for index in np.random.default_rng(1).permutation(96)]
    loaded = load(territory, written(tmp_path, shuffled), Wishes(unit=Unit.WH, meter="m-000001", step_s=1_800))
    assert loaded.became == (96, 0, 0, 0)
    assert loaded.codes["time_unsorted"] > 20
    assert (loaded.outcome.gaps, loaded.outcome.missing_slots) == (0, 0)
    holed = load(territory, written(tmp_path, [*rows[:10], *rows[13:50], *rows[51:]]), WH)
    assert (holed.outcome.gaps, holed.outcome.missing_slots) == (2, 4)


def test_a_step_that_changes_within_the_file_is_followed(territory, tmp_path):
    rows = [*lines(24, step_s=3_600), *lines(96, start=START + timedelta(days=1))]
    loaded = load(territory, written(tmp_path, rows), Wishes(unit=Unit.W, meter="m-000001"))
    assert loaded.became == (120, 0, 0, 0)
    assert loaded.codes == {"steps_mixed": 1}
    kept = stored(territory)
    assert [step for _, step, _ in kept] == [3_600] * 24 + [1_800] * 96
    assert (kept[0][2], kept[24][2]) == (100.0, 50.0)


def local(form, start, count):
    hours = pd.date_range(start, periods=count, freq="30min", tz="Europe/Paris")
    return [f"{stamp.strftime(form)};{index}" for index, stamp in enumerate(hours)]


@pytest.mark.parametrize(
    ("day", "slots", "newest_first"),
    [("2025-10-26", 50, False), ("2025-10-26", 50, True), ("2026-03-29", 46, True), ("2026-01-15", 48, False)],
)
def test_days_of_46_48_and_50_half_hours_come_out_whole(territory, tmp_path, paris, day, slots, newest_first):
    rows = local("%d/%m/%Y %H:%M", day, slots)
    file = written(tmp_path, rows[::-1] if newest_first else rows, "Date;Valeur")
    loaded = load(territory, file, Wishes(unit=Unit.WH, meter="m-000001", zone=paris))
    assert loaded.became == (slots, 0, 0, 0)
    assert loaded.outcome.doubled == (2 if slots == 50 else 0)
    assert [(start, value) for start, _, value in stored(territory)] == [
        (epoch(f"{day}T00:00+0{2 if slots != 46 and '10' in day else 1}:00") + 1_800 * index, float(index))
        for index in range(slots)
    ]


def test_an_hour_that_spring_leaves_out_is_refused(territory, tmp_path, paris):
    rows = [f"2026-03-29 0{minute // 60}:{minute % 60:02},1" for minute in range(60, 240, 30)]
    loaded = load(territory, written(tmp_path, rows), Wishes(unit=Unit.WH, meter="m-000001", zone=paris))
    assert (loaded.became, told(loaded)) == ((4, 0, 0, 2), [(4, "time_nonexistent"), (5, "time_nonexistent")])


@pytest.mark.parametrize(
    ("form", "order", "days"),
    [("%m/%d/%Y %H:%M", "mdy", 3), ("%Y-%d-%m %H:%M", "ydm", 3), ("%m-%d-%Y %H:%M", "mdy", 40)],
)
def test_a_file_with_day_and_month_swapped_is_refused_unless_the_order_is_stated(
    territory, tmp_path, form, order, days
):
    file = written(tmp_path, lines(48 * days, form=form))
    wishes = Wishes(unit=Unit.WH, meter="m-000001", zone=GMT)
    with pytest.raises(InputError, match="--date-order") as refused:
        load(territory, file, wishes)
    assert refused.value.code == "date_order_doubtful"
    assert territory.value("SELECT count(*) FROM file_import") == 0
    stated = Wishes(unit=Unit.WH, meter="m-000001", zone=GMT, date_order=DateOrder(order))
    assert load(territory, file, stated).became == (48 * days, 0, 0, 0)
    assert stored(territory)[0][0] == int(START.timestamp())


def test_a_table_calculation_that_swapped_only_the_days_it_could_is_found(territory, tmp_path):
    rows = []
    for line in lines(48 * 31, form="%d/%m/%Y %H:%M", start=datetime(2026, 1, 1, tzinfo=UTC)):
        day, month, rest = line.split("/", 2)
        rows.append(f"{month}/{day}/{rest}" if int(day) <= 12 else line)
    with pytest.raises(InputError, match="jump to and fro"):
        load(territory, written(tmp_path, rows), Wishes(unit=Unit.WH, meter="m-000001", zone=GMT))


def test_a_single_day_whose_order_nothing_tells_is_refused(territory, tmp_path):
    file = written(tmp_path, lines(48, form="%d/%m/%Y %H:%M", start=datetime(2025, 3, 2, tzinfo=UTC)))
    with pytest.raises(InputError, match="nothing in the file tells"):
        load(territory, file, Wishes(unit=Unit.WH, meter="m-000001", zone=GMT))


@pytest.mark.parametrize(
    ("delimiter", "encoding"), [(";", "utf-8-sig"), ("\t", "utf-16"), ("|", "cp1252"), (",", "utf-8")]
)
def test_usual_delimiters_encodings_and_decimal_commas_are_read(territory, tmp_path, delimiter, encoding):
    rows = [line.replace(",", delimiter) for line in lines(30)]
    body = "\r\n".join(
        [
            delimiter.join(("Horodate", "Valeur", "État")),
            *(f'{row[:-3]}"0,{row[-3:]}"{delimiter}relevé' for row in rows),
            "",
        ]
    )
    file = tmp_path / "a.csv.gz"
    file.write_bytes(gzip.compress(body.encode(encoding)))
    loaded = load(territory, file, Wishes(unit=Unit.KWH, meter="m-000001"))
    assert loaded.became == (30, 0, 0, 0)
    assert stored(territory)[1][2] == pytest.approx(101.0)


def test_columns_without_a_header_are_named_by_their_numbers(territory, tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("\n".join(f"m-00000{1 + index % 2};05/01/2026;{index // 2:02}:30;{index}" for index in range(40)))
    wishes = Wishes(
        unit=Unit.WH, zone=GMT, has_header=False, time_column="2,3", value_column="4", meter_column="1",
        date_order=DateOrder.DMY,
    )  # fmt: skip
    loaded = load(territory, file, wishes)
    assert loaded.codes == {"start_off_grid": 40}  # stamps at half past, an hour apart
    wishes = Wishes(
        unit=Unit.WH, zone=GMT, has_header=False, time_column="2,3", value_column="4", meter_column="1",
        date_order=DateOrder.DMY, step_s=1_800,
    )  # fmt: skip
    assert load(territory, file, wishes).became == (40, 0, 0, 0)
    assert [value for _, _, value in stored(territory, "m-000002")] == [float(2 * index + 1) for index in range(20)]


def test_parquet_is_read_with_its_types(territory, tmp_path):
    times = pd.date_range("2026-01-05", periods=48, freq="30min", tz="Europe/Paris")
    frame = pd.DataFrame({"time": times, "kwh": [*range(47), None], "id": ["m-000001"] * 24 + ["m-000003"] * 24})
    frame.to_parquet(tmp_path / "a.parquet")
    loaded = load(territory, tmp_path / "a.parquet", Wishes(unit=Unit.KWH))
    assert (loaded.became, loaded.codes) == ((47, 0, 0, 0), {"value_missing": 1})
    assert stored(territory, "m-000003")[0] == (epoch("2026-01-05T12:00+01:00"), 1_800, 24_000.0)


@pytest.mark.parametrize(
    ("wishes", "code"),
    [
        (Wishes(meter="m-000001"), "unit_not_stated"),
        (Wishes(unit=Unit.WH), "meter_not_stated"),
        (Wishes(unit=Unit.WH, meter="m-000001", time_column="when"), "column_unknown"),
        (Wishes(unit=Unit.WH, meter="m-000001"), "zone_not_stated"),
        (Wishes(unit=Unit.WH, meter="m-000001", zone=GMT), "step_not_stated"),
    ],
)
def test_what_the_file_does_not_say_has_to_be_stated(territory, tmp_path, wishes, code):
    file = written(tmp_path, ["2026-01-05 00:00,1"])
    with pytest.raises(ConfigurationError) as refused:
        load(territory, file, wishes)
    assert refused.value.code == code


@pytest.mark.parametrize("content", [b"", b"\n\n", b"time,value\n", b"PAR1nonsense"])
def test_a_file_that_holds_nothing_is_refused(territory, tmp_path, content):
    file = tmp_path / "a.csv"
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"holds no|cannot be read"):
        load(territory, file, WH)


def test_as_many_points_as_commas_have_to_be_settled_by_the_operator(territory, tmp_path):
    file = written(tmp_path, ["2026-01-05T00:00:00Z;1.5", "2026-01-05T00:30:00Z;1,5"], "time;value")
    with pytest.raises(InputError, match="--decimal"):
        load(territory, file, WH)
    assert load(territory, file, Wishes(unit=Unit.WH, meter="m-000001", decimal=",")).became == (1, 0, 0, 1)
