"""Publishing: datasets declared under a contract, new versions beside old ones, and records kept or refused."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from core.datasets import Contract
from core.errors import ConflictError, ForbiddenError, InputError
from db import datasets as store
from db.audit import record
from db.connection import Connection
from db.dataset_rows import Description, Organisation, Published, RefusedRecord
from db.records import Written, delete, table_of, upsert
from enjoy.contract import check_contract, require_kept, require_notice
from enjoy.records import Refusal, check_records


@dataclass(frozen=True, slots=True)
class Received:
    """Tell what became of records: counts of those that were kept, and why the others were not."""

    written: Written
    refusals: list[Refusal]


async def declare(
    connection: Connection,
    organisation_id: int,
    name: str,
    described: Description,
    contract: Contract,
    *,
    actor: str,
    now: datetime,
) -> Published:
    """Declare a dataset and return it.

    Raises
    ------
    InputError
        ``contract_invalid``.
    ConflictError
        ``already_exists``.
    """
    check_contract(contract)
    await store.insert_dataset(connection, organisation_id, name, described, contract, now=now)
    facts = asdict(described) | {"fields": [asdict(field) for field in contract.fields]}
    await record(connection, at=now, actor=actor, action="dataset.declared", subject=f"dataset/{name}", facts=facts)
    return await _found(connection, name)


async def open_version(
    connection: Connection,
    published: Published,
    contract: Contract,
    renamed: Mapping[str, str],
    *,
    sunset_at: datetime,
    actor: str,
    now: datetime,
) -> Published:
    """Open a new version of a dataset; the one before goes on answering until its sunset.

    Parameters
    ----------
    connection : Connection
        In the role that publishes, acting for the publisher.
    published : Published
        The dataset as it is.
    contract : Contract
        The new shape.
    renamed : mapping of str to str
        Fields of the newest version by what they are called now, where that is another name.
    sunset_at : datetime
        Until when the newest version of today answers at least.
    actor : str
        Who, as the audit log names them.
    now : datetime
        Time.

    Raises
    ------
    InputError
        ``contract_invalid`` or ``sunset_too_soon``.
    ConflictError
        ``contract_broken``: the old shape could not be derived from the new one.
    """
    require_notice(sunset_at, now)
    check_contract(contract)
    before = published.contract()
    require_kept(before, contract, renamed)
    number, dataset_id = published.newest.version + 1, published.dataset.dataset_id
    columns = _columns(published, contract, renamed)
    await store.deprecate_version(connection, dataset_id, number - 1, now=now, sunset_at=sunset_at)
    await store.insert_version(connection, dataset_id, number, contract.fields, columns, now=now)
    name = published.dataset.name
    facts = {"version": number, "sunset_at": sunset_at, "renamed": dict(renamed)}
    await record(
        connection, at=now, actor=actor, action="dataset.version_opened", subject=f"dataset/{name}", facts=facts
    )
    return await _found(connection, name)


def _columns(published: Published, contract: Contract, renamed: Mapping[str, str]) -> list[str | None]:
    """Return the column of each field: that of the field it was, or one of its own."""
    newest = {row.name: row for row in published.fields[published.newest.version]}
    was = {now: then for then, now in renamed.items()}
    taken = {row.column_name for rows in published.fields.values() for row in rows}
    columns: list[str | None] = []
    for field in contract.fields:
        old = newest.get(was.get(field.name, field.name if field.name not in renamed else ""))
        name = old.column_name if old is not None else field.name
        while old is None and name in taken:
            name = f"{name}_{published.newest.version + 1}"
        taken.add(name)
        columns.append(name)
    return columns


async def receive(
    connection: Connection,
    published: Published,
    records: Iterable[object],
    *,
    source: str,
    now: datetime,
    version: int | None = None,
    as_text: bool = False,
    first: int = 1,
    places: Sequence[int] | None = None,
) -> Received:
    """Write the records that keep the contract, and store why the others do not.

    Parameters
    ----------
    connection : Connection
        In the role that publishes, acting for the publisher; committed by the caller.
    published : Published
        Dataset.
    records : iterable
        As `enjoy.records.check_records` takes them.
    source : str
        How they came: api, upload/<name>, mqtt, pull/<name>.
    now : datetime
        When.
    version : int, optional
        Whose shape they have; the newest when left out.
    as_text : bool, default False
        Whether all values are texts.
    first : int, default 1
        Place of the first of them in what they came with.
    places : sequence of int, optional
        Place of each, where they came with several things.
    """
    checked = check_records(published.contract(version), records, as_text=as_text, first=first)
    refusals = checked.refusals
    if places is not None:
        refusals = [replace(one, row=places[one.row - first]) for one in refusals]
    dataset_id = published.dataset.dataset_id
    written = Written(0, 0, 0)
    if checked.rows:
        written = await upsert(connection, table_of(published, version), checked.rows, now=now)
    if refusals:
        refused = [
            RefusedRecord(0, now, source, one.row, one.field, one.code, one.reason, one.content) for one in refusals
        ]
        await store.insert_refused(connection, dataset_id, source, refused)
    if written.inserted or written.updated:
        await store.records_changed(connection, dataset_id, now=now)
    return Received(written, refusals)


async def remove(
    connection: Connection, published: Published, keys: Iterable[tuple[object, ...]], *, now: datetime
) -> int:
    """Delete records by key (with the time first where there is one) and return how many there were."""
    deleted = await delete(connection, table_of(published), list(keys), now=now)
    if deleted:
        await store.records_changed(connection, published.dataset.dataset_id, now=now)
    return deleted


async def withdraw(connection: Connection, published: Published, *, actor: str, now: datetime) -> None:
    """Take a dataset back: nobody sees it any more, and its name is not given again."""
    subject = f"dataset/{published.dataset.name}"
    await store.withdraw_dataset(connection, published.dataset.dataset_id, now=now)
    await record(connection, at=now, actor=actor, action="dataset.withdrawn", subject=subject, facts={})


async def share(
    connection: Connection,
    published: Published,
    organisation: Organisation,
    *,
    with_them: bool,
    actor: str,
    now: datetime,
) -> None:
    """Let an organisation read a dataset, or no longer; twice is the same."""
    change = store.share if with_them else store.unshare
    await change(connection, published.dataset.dataset_id, organisation.organisation_id)
    action = "dataset.shared" if with_them else "dataset.unshared"
    subject = f"dataset/{published.dataset.name}"
    await record(connection, at=now, actor=actor, action=action, subject=subject, facts={"with": organisation.name})


def keys_of(published: Published, given: Iterable[Mapping[str, object]]) -> list[tuple[object, ...]]:
    """Return the keys of records that are named by the fields of their key and their time, and by nothing else.

    Raises
    ------
    InputError
        ``key_malformed``, with the row.
    """
    contract = published.contract()
    wanted = {*contract.key_fields, *([contract.time_field] if contract.time_field else [])}
    named = replace(contract, fields=tuple(one for one in contract.fields if one.name in wanted), geometry_type=None)
    checked = check_records(named, given)
    if checked.refusals:
        first = checked.refusals[0]
        raise InputError("key_malformed", f"Row {first.row}, {first.field or 'the key'}: {first.reason}", row=first.row)
    names = [field.name for field in named.fields]
    order = [
        names.index(name) for name in ([contract.time_field] if contract.time_field else []) + [*contract.key_fields]
    ]
    return [tuple(row[place] for place in order) for row in checked.rows]


async def describe(
    connection: Connection,
    published: Published,
    described: Description,
    contract: Contract,
    *,
    actor: str,
    now: datetime,
) -> Published:
    """Change what is said of a dataset; its contract in place must stay what it is.

    Raises
    ------
    ConflictError
        ``contract_broken`` where it would break, ``version_needed`` where it would only grow.
    """
    before = published.contract()
    require_kept(before, contract)
    if {field.name for field in contract.fields} != {field.name for field in before.fields}:
        raise ConflictError("version_needed", "New fields come with a new version.")
    name = published.dataset.name
    await store.describe_dataset(connection, published.dataset.dataset_id, described, now=now)
    facts = asdict(described)
    await record(connection, at=now, actor=actor, action="dataset.described", subject=f"dataset/{name}", facts=facts)
    return await _found(connection, name)


async def _found(connection: Connection, name: str) -> Published:
    published = await store.find_published(connection, name)
    if published is None:
        raise ForbiddenError("dataset_not_own", "The dataset is another organisation's.", dataset=name)
    return published
