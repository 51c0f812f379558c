"""Rows of the catalogue of Enjoy, and a dataset put together from them; see the comments of their tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.datasets import Contract, Field, FieldType, GeometryType


@dataclass(frozen=True, slots=True)
class NewOrganisation:
    """An organisation to be stored; see the comments of ``catalogue.organisation``."""

    name: str
    title: str
    kind: str
    insee_code: str | None = None
    homepage: str | None = None
    contact: str | None = None


@dataclass(frozen=True, slots=True)
class Organisation:
    """Describe an organisation; see the comments of ``catalogue.organisation``."""

    organisation_id: int
    name: str
    title: str
    kind: str
    insee_code: str | None
    homepage: str | None
    contact: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Description:
    """What is said of a dataset beside its contract; see the comments of ``catalogue.dataset``."""

    title: str
    description: str
    licence: str
    theme: str
    keywords: list[str]
    openness: str
    update_period_s: int | None
    retention_s: int | None


@dataclass(frozen=True, slots=True)
class Dataset:
    """Describe a dataset; see the comments of ``catalogue.dataset``."""

    dataset_id: int
    organisation_id: int
    organisation_name: str
    organisation_title: str
    name: str
    title: str
    description: str
    licence: str
    theme: str
    keywords: list[str]
    openness: str
    update_period_s: int | None
    retention_s: int | None
    geometry_type: str | None
    key_fields: list[str]
    time_field: str | None
    created_at: datetime
    changed_at: datetime
    records_changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Version:
    """Say since when a shape answers, and until when at least."""

    dataset_id: int
    version: int
    opened_at: datetime
    deprecated_at: datetime | None
    sunset_at: datetime | None


@dataclass(frozen=True, slots=True)
class FieldRow:
    """Describe a field of a version; `column_name` is None where nothing gives it any more."""

    dataset_id: int
    version: int
    name: str
    type: str
    unit: str | None
    title: str
    description: str
    is_required: bool
    column_name: str | None

    @property
    def field(self) -> Field:
        """Return it as contracts have it."""
        return Field(self.name, FieldType(self.type), self.title, self.description, self.unit, self.is_required)


@dataclass(frozen=True, slots=True)
class RefusedRecord:
    """A record that does not keep the contract; see the comments of ``catalogue.refused_record``."""

    refused_record_id: int
    refused_at: datetime
    source: str
    row_number: int
    field: str | None
    code: str
    reason: str
    content: str


@dataclass(frozen=True, slots=True)
class Published:
    """Hold a dataset with its versions and their fields.

    Attributes
    ----------
    dataset : Dataset
        What it is.
    versions : tuple of Version
        All there ever were, rising; the last is the newest.
    fields : dict of int to tuple of FieldRow
        By version.
    """

    dataset: Dataset
    versions: tuple[Version, ...]
    fields: dict[int, tuple[FieldRow, ...]]

    @property
    def newest(self) -> Version:
        """Return the newest version."""
        return self.versions[-1]

    def version(self, number: int) -> Version | None:
        """Return a version by its number, or None."""
        return next((one for one in self.versions if one.version == number), None)

    def contract(self, number: int | None = None) -> Contract:
        """Return the contract of a version, the newest when left out."""
        rows = self.fields[self.newest.version if number is None else number]
        geometry = self.dataset.geometry_type
        newest = {row.column_name: row.name for row in self.fields[self.newest.version]}
        mine = {newest[row.column_name]: row.name for row in rows if row.column_name in newest}
        time = self.dataset.time_field
        return Contract(
            tuple(row.field for row in rows),
            tuple(mine[name] for name in self._named_now(self.dataset.key_fields)),
            None if time is None else mine[self._named_now([time])[0]],
            None if geometry is None else GeometryType(geometry),
        )

    def _named_now(self, names: Sequence[str]) -> list[str]:
        """Return what fields of the first version are called in the newest."""
        columns = {row.name: row.column_name for row in self.fields[self.versions[0].version]}
        newest = {row.column_name: row.name for row in self.fields[self.newest.version]}
        return [newest[columns[name]] for name in names]
