"""The layouts of Enedis: what their stamps mean, and whose the values are."""

import pytest

from core.errors import InputError
from ingest.files.wishes import StampMeaning, Unit, Wishes
from tests.ingest.files.loading import PRM, epoch, load, stored

TITLES = (
    "Identifiant PRM;Type de donnees;Date de debut;Date de fin;Grandeur physique;Grandeur metier;Etape metier;Unite"
)
FACTS = f"{PRM};Courbe de charge;05/01/2026;06/01/2026;Energie active;Consommation;Comptage Brut;W"
ROWS = "\r\n".join(
    f"2026-01-05T{minute // 60:02}:{minute % 60:02}:00+01:00;{minute}" for minute in range(30, 24 * 60, 30)
)
CUSTOMER = (
    f"\ufeff{TITLES};Pas en minutes\r\n{FACTS};\r\n\r\nHorodate;Valeur\r\n{ROWS}\r\n2026-01-06T00:00:00+01:00;\r\n"
)


def test_the_customer_export_stamps_ends_of_intervals_and_means_power(territory, tmp_path):
    file = tmp_path / f"Enedis_Conso_Heure_20260105-20260106_{PRM}.csv"
    file.write_text(CUSTOMER, encoding="utf-8")

    loaded = load(territory, file, Wishes())

    assert loaded.became == (47, 0, 0, 0)
    assert loaded.codes == {"value_missing": 1}
    rows = stored(territory)
    assert rows[0] == (epoch("2026-01-05T00:00+01:00"), 1_800, 15.0)  # 30 W for half an hour, stamped 00:30
    assert rows[-1][0] == epoch("2026-01-05T23:00+01:00")
    assert loaded.outcome.understood["stamps"] == "end"
    assert PRM not in str(loaded.outcome.summary(loaded.report))
    assert (
        territory.value("SELECT count(*) FROM file_import WHERE file_name || layout LIKE '%%' || %s || '%%'", [PRM])
        == 0
    )


def test_the_other_customer_export_is_known_by_its_one_line(territory, tmp_path):
    file = tmp_path / "export.csv"
    head = f"Identifiant PRM;{PRM};Type de donnees;Courbe de charge;\nhorodate ISO fin de pas;puissance moyenne (W)\n"
    file.write_text(head + "\n".join(f"2026-01-05T0{hour}:00:00+01:00;{hour}00" for hour in range(1, 4)))

    assert load(territory, file, Wishes()).became == (3, 0, 0, 0)
    assert stored(territory)[0] == (epoch("2026-01-05T00:00+01:00"), 3_600, 100.0)


def test_what_the_customer_export_means_can_be_stated_otherwise(territory, tmp_path):
    file = tmp_path / "export.csv"
    file.write_text(CUSTOMER, encoding="utf-8")
    load(territory, file, Wishes(stamps=StampMeaning.START))
    assert stored(territory)[0][0] == epoch("2026-01-05T00:30+01:00")


def test_an_export_of_production_is_export(territory, tmp_path):
    file = tmp_path / "export.csv"
    file.write_text(CUSTOMER.replace("Consommation", "Production"), encoding="utf-8")
    load(territory, file, Wishes())
    assert territory.rows("SELECT DISTINCT register_id FROM interval_reading") == [(2,)]


def test_an_export_of_daily_indexes_is_refused_and_says_what_can_be_imported(territory, tmp_path):
    file = tmp_path / "export.csv"
    file.write_text(CUSTOMER.replace("Courbe de charge", "Index"), encoding="utf-8")
    with pytest.raises(InputError, match="load curve") as refused:
        load(territory, file, Wishes())
    assert refused.value.code == "layout_unsupported"


def flow(tmp_path, name, rows, head="PRM;Horodate;Valeur"):
    file = tmp_path / name
    file.write_text("\n".join([head, *rows]))
    return file


@pytest.mark.parametrize(("name", "first"), [("r50", "2026-01-05T00:00+01:00"), ("r4x", "2026-01-05T00:30+01:00")])
def test_r50_stamps_the_end_and_r4x_the_start(territory, tmp_path, name, first):
    rows = [f"{PRM};2026-01-05T00:30:00+01:00;1000", f"{PRM};2026-01-05T01:00:00+01:00;2000"]
    load(territory, flow(tmp_path, name, rows), Wishes(flow=name, unit=Unit.W))
    assert stored(territory)[0] == (epoch(first), 1_800, 500.0)


def test_r63_says_quantity_and_unit_in_every_line(territory, tmp_path):
    head = "Identifiant PRM;Date de début;Date de fin;Grandeur physique;Grandeur métier;Unité;Horodate;Valeur;Pas"
    rows = [f"{PRM};x;x;EA;CONS;Wh;2026-01-05T00:{minute:02}:00+01:00;{minute};PT5M" for minute in range(0, 60, 5)]
    other = f"{PRM};x;x;ER;CONS;VArh;2026-01-05T01:00:00+01:00;7;PT5M"
    loaded = load(territory, flow(tmp_path, "r63.csv", [*rows, other], head), Wishes())
    assert loaded.became == (12, 0, 0, 1)
    assert loaded.codes == {"quantity_other": 1}
    assert stored(territory)[1] == (epoch("2026-01-05T00:05+01:00"), 300, 5.0)


def test_r151_stamps_the_day_at_whose_end_the_index_was_read(territory, tmp_path, paris):
    rows = [f"{PRM};2026-03-{day};{day}000" for day in range(27, 31)]
    loaded = load(territory, flow(tmp_path, "r151.csv", rows, "PRM;Date;Valeur"), Wishes(flow="r151", zone=paris))
    assert loaded.became == (4, 0, 0, 0)
    read = territory.rows("SELECT extract(epoch FROM read_at)::bigint, register_id, value FROM reading ORDER BY 1")
    assert read[1] == (epoch("2026-03-29T00:00+01:00"), 11, 28_000.0)
    assert read[2] == (epoch("2026-03-30T00:00+02:00"), 11, 29_000.0)


def test_a_point_of_delivery_is_known_as_a_string_with_its_leading_zero(territory, tmp_path):
    rows = [f"{PRM};2026-01-05T00:00:00Z;1", f"{PRM[1:]};2026-01-05T00:00:00Z;1"]
    loaded = load(territory, flow(tmp_path, "a.csv", rows), Wishes(unit=Unit.WH, step_s=1_800))
    assert (loaded.became, loaded.codes) == ((1, 0, 0, 1), {"device_unknown": 1})
