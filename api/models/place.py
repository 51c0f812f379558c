"""Places, communes and usage points."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from api.models.fields import Model, PowerW
from api.models.page import Page


class Level(StrEnum):
    """What kind of place."""

    TERRITORY = "territory"
    SUBSTATION = "substation"
    FEEDER = "feeder"
    POWER_TRANSFORMER = "power_transformer"
    COMMUNE = "commune"


PlaceLevel = Annotated[Level, Field(examples=["feeder"])]
PlaceCode = Annotated[str, Field(description="Stable code within its level", examples=["F-0001"])]
PlaceText = Annotated[str, Field(description="Name for people", examples=["Départ République"])]
Geometry = Annotated[
    dict[str, Any],
    Field(description="GeoJSON geometry, WGS 84", examples=[{"type": "Point", "coordinates": [3.0573, 50.6301]}]),
]


class LatestLoad(Model):
    """Tell the newest nearly whole slot of load."""

    start_at: Annotated[datetime, Field(description="Start of the half-hour slot", examples=["2026-01-15T12:00:00Z"])]
    load_w: PowerW
    usage_point_count: Annotated[int, Field(description="Usage points in the sum", examples=[96])]


class PlaceName(Model):
    """Name a place."""

    level: PlaceLevel
    code: PlaceCode
    name: PlaceText


class Place(PlaceName):
    """Name a place and its newest load."""

    latest: Annotated[LatestLoad | None, Field(description="Null before the first reading")] = None


class Ratings(Model):
    """Tell the limits of a piece of equipment; null where its level has no such limit."""

    rated_va: Annotated[int | None, Field(description="Rated apparent power [VA]", examples=[630000])] = None
    nominal_voltage_v: Annotated[int | None, Field(description="Nominal voltage [V]", examples=[20000])] = None


class PlaceDetail(PlaceName):
    """Describe a place and its neighbours above and below."""

    population: Annotated[int | None, Field(description="Of a commune [inhabitants]", examples=[None])] = None
    usage_point_count: Annotated[int, Field(description="Usage points supplied", examples=[96])]
    has_forecast: Annotated[bool, Field(description="Whether a forecast was ever issued for it", examples=[True])]
    ratings: Ratings
    geometry: Geometry | None = None
    parents: list[PlaceName]
    children: Page[Place]


class CommuneProperties(Model):
    """Describe a commune."""

    insee_code: Annotated[str, Field(examples=["59350"])]
    name: Annotated[str, Field(examples=["Lille"])]
    population: Annotated[int, Field(description="[inhabitants]", examples=[236234])]
    has_boundary: Annotated[bool, Field(description="False: the geometry is the centroid", examples=[False])]
    centroid: Annotated[tuple[float, float], Field(description="Longitude, latitude", examples=[[3.0573, 50.6301]])]


class CommuneFeature(Model):
    """One commune as a GeoJSON feature."""

    type: Literal["Feature"] = "Feature"
    id: Annotated[str, Field(description="INSEE code", examples=["59350"])]
    geometry: Geometry
    properties: CommuneProperties


class CommuneCollection(Model):
    """All communes as a GeoJSON feature collection (RFC 7946)."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[CommuneFeature]


class UsagePoint(Model):
    """Describe a place of supply by its pseudonym."""

    usage_point_key: Annotated[
        UUID, Field(description="Pseudonymous key", examples=["8f14e45f-ceea-467f-a9d1-2c4b1f0c7a11"])
    ]
    power_transformer_code: Annotated[str, Field(examples=["T-0001"])]
    subscribed_va: Annotated[int, Field(description="Subscribed apparent power [VA]", examples=[6000])]
    tariff: Annotated[Literal["base", "off_peak", "tempo", "ejp"], Field(examples=["off_peak"])]
    category: Annotated[Literal["residential", "business", "public"], Field(examples=["residential"])]
    interval_step_s: Annotated[int, Field(description="Step of its load curve [s]", examples=[1800])]
