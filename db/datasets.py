"""Organisations, their datasets, contracts and versions, as far as the transaction may see and write them."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from core.datasets import Contract, Field
from db.connection import Connection, translated_errors
from db.dataset_rows import (
    Dataset,
    Description,
    FieldRow,
    NewOrganisation,
    Organisation,
    Published,
    RefusedRecord,
    Version,
)
from db.rows import all_rows, one_integer, run, stored
from db.statements import statements

_SQL: Final = statements("datasets")
#: After every refusal, in the order of `refused_records`.
NEWEST: Final = 2**63 - 1


async def act_for(connection: Connection, organisation_ids: Sequence[int]) -> None:
    """Let the transaction see and write what these organisations may; it is forgotten at its end."""
    ids = "{" + ",".join(map(str, sorted(organisation_ids))) + "}"
    async with translated_errors():
        await connection.execute(_SQL["act_for"], {"organisations": ids})


async def insert_organisation(connection: Connection, organisation: NewOrganisation) -> int:
    """Store an organisation and return its key.

    Raises
    ------
    ConflictError
        ``already_exists``.
    """
    return await _inserted(connection, "insert_organisation", asdict(organisation))


async def list_organisations(
    connection: Connection, *, limit: int, after: str = "", only: str | None = None
) -> list[Organisation]:
    """Return organisations by name, after one."""
    return await all_rows(
        connection, Organisation, _SQL["list_organisations"], {"limit": limit, "after": after, "only": only}
    )


async def find_organisation(connection: Connection, name: str) -> Organisation | None:
    """Return an organisation by its name, or None."""
    return next(iter(await list_organisations(connection, limit=1, only=name)), None)


async def insert_dataset(
    connection: Connection,
    organisation_id: int,
    name: str,
    described: Description,
    contract: Contract,
    *,
    now: datetime,
) -> int:
    """Store a dataset with its first version, make its tables and views, and return its key.

    Raises
    ------
    ConflictError
        ``already_exists``: the name was given before.
    """
    facts = asdict(described) | {
        "organisation_id": organisation_id,
        "name": name,
        "geometry_type": contract.geometry_type,
        "key_fields": list(contract.key_fields),
        "time_field": contract.time_field,
    }
    dataset_id = await _inserted(connection, "insert_dataset", facts)
    columns: list[str | None] = [field.name for field in contract.fields]
    await insert_version(connection, dataset_id, 1, contract.fields, columns, now=now)
    return dataset_id


async def insert_version(
    connection: Connection,
    dataset_id: int,
    version: int,
    fields: Sequence[Field],
    columns: Sequence[str | None],
    *,
    now: datetime,
) -> None:
    """Store a version with its fields and the columns that they are in, and publish it."""
    await run(connection, _SQL["insert_version"], dataset_id=dataset_id, version=version, now=now)
    rows = [
        {
            "dataset_id": dataset_id,
            "version": version,
            "position": position,
            "column_name": column,
            "name": field.name,
            "type": field.type,
            "unit": field.unit,
            "title": field.title,
            "description": field.description,
            "is_required": field.is_required,
        }
        for position, (field, column) in enumerate(zip(fields, columns, strict=True), start=1)
    ]
    async with translated_errors(), connection.cursor() as cursor:
        await cursor.executemany(_SQL["insert_field"], rows)
    await run(connection, _SQL["publish_version"], dataset_id=dataset_id, version=version)
    await run(connection, _SQL["touch_dataset"], dataset_id=dataset_id, now=now)


async def deprecate_version(
    connection: Connection, dataset_id: int, version: int, *, now: datetime, sunset_at: datetime
) -> None:
    """Say until when a version answers at least."""
    await run(
        connection, _SQL["deprecate_version"], dataset_id=dataset_id, version=version, now=now, sunset_at=sunset_at
    )


async def describe_dataset(connection: Connection, dataset_id: int, described: Description, *, now: datetime) -> None:
    """Store what is said of a dataset beside its contract."""
    await run(connection, _SQL["describe_dataset"], dataset_id=dataset_id, now=now, **asdict(described))


async def withdraw_dataset(connection: Connection, dataset_id: int, *, now: datetime) -> None:
    """Take a dataset back: nobody sees it any more, and its name is not given again."""
    await run(connection, _SQL["withdraw_dataset"], dataset_id=dataset_id, now=now)


async def records_changed(connection: Connection, dataset_id: int, *, now: datetime) -> None:
    """Note when records were last written or deleted."""
    await run(connection, _SQL["records_changed"], dataset_id=dataset_id, now=now)


async def list_published(
    connection: Connection,
    *,
    limit: int,
    after: str = "",
    only: str | None = None,
    organisation: str | None = None,
    among: Sequence[str] | None = None,
) -> list[Published]:
    """Return datasets that the transaction may read, by name, after one; perhaps of one organisation, or among some."""
    names = None if among is None else list(among)
    asked = {"limit": limit, "after": after, "only": only, "organisation": organisation, "among": names}
    datasets = await all_rows(connection, Dataset, _SQL["list_datasets"], asked)
    ids = {"dataset_ids": [one.dataset_id for one in datasets]}
    versions = await all_rows(connection, Version, _SQL["versions_of"], ids)
    fields = await all_rows(connection, FieldRow, _SQL["fields_of"], ids)
    return [_published(dataset, versions, fields) for dataset in datasets]


async def find_published(connection: Connection, name: str) -> Published | None:
    """Return a dataset by its name, or None where there is none or it may not be read."""
    return next(iter(await list_published(connection, limit=1, only=name)), None)


async def share(connection: Connection, dataset_id: int, organisation_id: int) -> None:
    """Let an organisation read a dataset."""
    await run(connection, _SQL["share_dataset"], dataset_id=dataset_id, organisation_id=organisation_id)


async def unshare(connection: Connection, dataset_id: int, organisation_id: int) -> None:
    """Let an organisation no longer read a dataset."""
    await run(connection, _SQL["unshare_dataset"], dataset_id=dataset_id, organisation_id=organisation_id)


async def shares(connection: Connection, dataset_id: int) -> list[Organisation]:
    """Return who may read a dataset beside its publisher."""
    return await all_rows(connection, Organisation, _SQL["shares_of"], {"dataset_id": dataset_id})


async def insert_refused(
    connection: Connection, dataset_id: int, source: str, refused: Sequence[RefusedRecord]
) -> None:
    """Store refused records; their keys are given by the database."""
    rows = [asdict(one) | {"dataset_id": dataset_id, "source": source} for one in refused]
    async with translated_errors(), connection.cursor() as cursor:
        await cursor.executemany(_SQL["insert_refused"], rows)


async def refused_records(
    connection: Connection, dataset_id: int, *, limit: int, before: int = NEWEST
) -> list[RefusedRecord]:
    """Return refused records, the newest first."""
    asked = {"dataset_id": dataset_id, "limit": limit, "before": before}
    return await all_rows(connection, RefusedRecord, _SQL["refused_of"], asked)


def _published(dataset: Dataset, versions: Sequence[Version], fields: Sequence[FieldRow]) -> Published:
    mine = tuple(one for one in versions if one.dataset_id == dataset.dataset_id)
    of = {
        one.version: tuple(row for row in fields if row.dataset_id == dataset.dataset_id and row.version == one.version)
        for one in mine
    }
    return Published(dataset, mine, of)


async def _inserted(connection: Connection, name: str, facts: dict[str, Any]) -> int:
    return stored(await one_integer(connection, _SQL[name], facts))
