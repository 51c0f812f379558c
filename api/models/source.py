"""Sources that records are pulled from."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field

from api.models.dataset import FieldName
from api.models.fields import Instant, Model
from db.sources import Source
from enjoy.pulling.mapping import SourceMapping

Path = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class NewSource(Model):
    """Say where records are pulled from, how often, and how items become records."""

    kind: Annotated[Literal["gbfs", "json"], Field(description="gbfs: the discovery file of a feed, version 2 or 3")]
    url: Annotated[str, Field(min_length=1, max_length=2_000, examples=["https://feeds.example/gbfs.json"])]
    period_s: Annotated[int, Field(ge=10, le=31_536_000, description="Between two pulls [s]", examples=[60])]
    items: Annotated[Path, Field(description="Path to the list in the document; empty: the document is it")] = ""
    fields: Annotated[
        dict[FieldName, Path],
        Field(
            default_factory=dict,
            max_length=200,
            description="Fields by path in the item, or in the document where it begins with `$.`; else at their names",
            examples=[{"bikes": "num_bikes_available"}],
        ),
    ]
    constants: Annotated[
        dict[FieldName, str | int | float | bool | None],
        Field(default_factory=dict, max_length=200, description="Fields that are the same in every record"),
    ]
    longitude: Annotated[Path, Field(description="Path of a point's longitude")] = "lon"
    latitude: Annotated[Path, Field(description="Path of a point's latitude")] = "lat"
    geometry: Annotated[Path, Field(description="Path of a GeoJSON geometry, instead of those two")] = ""

    @property
    def mapping(self) -> SourceMapping:
        """Return how items become records."""
        return SourceMapping(self.items, self.fields, self.constants, self.longitude, self.latitude, self.geometry)


class SourceOf(NewSource):
    """Tell where records are pulled from, and how that goes."""

    declared_at: Instant
    next_try_at: Instant
    tried_at: Annotated[datetime | None, Field(description="Null: not yet")]
    succeeded_at: Annotated[datetime | None, Field(description="Null: not yet")]
    failure_count: Annotated[int, Field(description="Since then", examples=[0])]
    error_code: Annotated[str | None, Field(description="Of the last failure; null: there is none since")]
    error: str | None
    inserted: Annotated[int, Field(description="Of the last success", examples=[12])]
    updated: int
    unchanged: int
    refused_count: int

    @classmethod
    def of(cls, source: Source) -> Self:
        """Return what is told of a source."""
        facts = {name: getattr(source, name) for name in cls.model_fields if hasattr(source, name)}
        counts = {
            "inserted": source.inserted_count,
            "updated": source.updated_count,
            "unchanged": source.unchanged_count,
        }
        return cls.model_validate(source.mapping | facts | counts)
