"""Datasets, their contracts and versions, and what became of records."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from api.models.fields import GivenInstant, Instant, Model
from core.datasets import LICENCES, THEMES, Contract, FieldType, GeometryType, Openness
from core.datasets import Field as ContractField
from db.dataset_rows import Description, Published, Version

_PRINTABLE = r"^[^\x00-\x1f\x7f]+$"
Name = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,47}$"), Field(description="For ever", examples=["velo-stations"])
]
FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,47}$"), Field(examples=["bikes"])]
Title = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_PRINTABLE)]
Text = Annotated[str, StringConstraints(max_length=10_000, pattern=r"^[^\x00]*$")]


class FieldOf(Model):
    """Promise a field of every record."""

    name: FieldName
    type: FieldType
    title: Annotated[Title, Field(examples=["Bicycles at the station"])]
    description: Annotated[Text, Field(examples=["Those that can be taken now"])] = ""
    unit: Annotated[
        str | None,
        Field(max_length=40, pattern=_PRINTABLE, description="UCUM; null: it has none", examples=["W.h"]),
    ] = None
    is_required: bool = False


class Shape(Model):
    """Promise a shape: fields, what names a record, when it was so, and where it is."""

    fields: Annotated[list[FieldOf], Field(min_length=1, max_length=200)]
    key_fields: Annotated[list[FieldName], Field(min_length=1, max_length=10, examples=[["station"]])]
    time_field: Annotated[
        FieldName | None, Field(description="With it, a record is kept for each key and time", examples=["at"])
    ] = None
    geometry_type: Annotated[GeometryType | None, Field(description="Of every record; null: there is none")] = None

    @property
    def contract(self) -> Contract:
        """Return it as the platform has it."""
        return Contract(
            tuple(ContractField(**one.model_dump()) for one in self.fields),
            tuple(self.key_fields),
            self.time_field,
            self.geometry_type,
        )


class Described(Model):
    """Say what a dataset is."""

    title: Annotated[Title, Field(examples=["V'lille stations"])]
    description: Annotated[Text, Field(min_length=1, examples=["Counted every minute by the stations."])]
    licence: Annotated[Literal[tuple(LICENCES)], Field(examples=["etalab-2.0"])]  # type: ignore[valid-type]
    theme: Annotated[Literal[tuple(THEMES)], Field(examples=["TRAN"])]  # type: ignore[valid-type]
    keywords: Annotated[list[Title], Field(default_factory=list, max_length=30, examples=[["bicycle"]])]
    openness: Openness = Openness.OPEN
    update_period_s: Annotated[
        int | None, Field(ge=1, le=10**9, description="Records are never older; null: no promise [s]", examples=[60])
    ] = None
    retention_s: Annotated[
        int | None, Field(ge=1, le=10**10, description="Records that are older are deleted; null: never [s]")
    ] = None

    @property
    def said(self) -> Description:
        """Return it as the store has it."""
        names = Description.__dataclass_fields__
        return Description(**{name: value for name, value in self.model_dump().items() if name in names})


class NewDataset(Described, Shape):
    """Declare a dataset."""

    name: Name


class NewVersion(Shape):
    """Open a new shape; the one before goes on answering until its sunset."""

    renamed: Annotated[
        dict[FieldName, FieldName],
        Field(
            default_factory=dict,
            max_length=200,
            description="Fields that have another name now, by the old one",
            examples=[{"bikes": "free"}],
        ),
    ]
    sunset_at: Annotated[
        GivenInstant,
        Field(description="Of the shape before: 365 days ahead or more", examples=["2028-01-01T00:00:00Z"]),
    ]

    @model_validator(mode="after")
    def _once(self) -> Self:
        if len(set(self.renamed.values())) < len(self.renamed):
            raise ValueError("two fields cannot become one")
        return self


class VersionOf(Model):
    """Tell a shape, since when it answers and until when at least."""

    version: Annotated[int, Field(examples=[1])]
    opened_at: Instant
    deprecated_at: Annotated[datetime | None, Field(description="Null: it is the newest", examples=[None])]
    sunset_at: Annotated[datetime | None, Field(description="Null: none is foreseen", examples=[None])]
    fields: list[FieldOf]
    key_fields: list[str]
    time_field: str | None


class Dataset(Described):
    """Tell what a dataset is."""

    name: Name
    organisation: Annotated[str, Field(description="Publisher", examples=["ilevia"])]
    geometry_type: str | None
    created_at: Instant
    changed_at: Annotated[Instant, Field(description="Of its description or contract")]
    records_changed_at: Annotated[datetime | None, Field(description="Null: it has none yet")]
    versions: Annotated[list[VersionOf], Field(description="The newest last")]


def told_of(published: Published) -> Dataset:
    """Return what is told of a dataset."""
    dataset = published.dataset
    facts = {name: getattr(dataset, name) for name in Dataset.model_fields if hasattr(dataset, name)}
    versions = [_version(published, one) for one in published.versions]
    return Dataset.model_validate(facts | {"organisation": dataset.organisation_name, "versions": versions})


def _version(published: Published, version: Version) -> VersionOf:
    contract = published.contract(version.version)
    return VersionOf(
        version=version.version,
        opened_at=version.opened_at,
        deprecated_at=version.deprecated_at,
        sunset_at=version.sunset_at,
        fields=[FieldOf.model_validate(one) for one in contract.fields],
        key_fields=list(contract.key_fields),
        time_field=contract.time_field,
    )


class OrganisationOf(Model):
    """Tell who publishes."""

    name: Name
    title: Title
    kind: Literal["metropolis", "commune", "partner"]
    homepage: str | None
    contact: str | None


class RefusalOf(Model):
    """Tell why a record was not taken."""

    row: Annotated[int, Field(description="Its place, from 1 on", examples=[3])]
    field: Annotated[str | None, Field(description="Null: the record as a whole", examples=["bikes"])]
    code: Annotated[str, Field(examples=["value_type"])]
    reason: Annotated[str, Field(examples=["It is an integer."])]


class ReceivedOf(Model):
    """Tell what became of records; those that were not refused are stored."""

    inserted: Annotated[int, Field(examples=[288])]
    updated: Annotated[int, Field(examples=[0])]
    unchanged: Annotated[int, Field(description="The same as before", examples=[0])]
    refused: Annotated[list[RefusalOf], Field(description="The first thousand")]
    refused_count: Annotated[int, Field(examples=[1])]


class RefusedOf(Model):
    """Tell of a record that was refused, for its publisher."""

    refused_record_id: int
    refused_at: Instant
    source: Annotated[str, Field(description="How it came", examples=["api"])]
    row_number: int
    field: str | None
    code: str
    reason: str
    content: Annotated[str, Field(description="As it came, its beginning")]
