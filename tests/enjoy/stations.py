"""A contract that tests publish under: shared bicycles, by station and minute."""

from core.datasets import Contract, Field, FieldType, GeometryType
from db.dataset_rows import Description

BIKES = Contract(
    fields=(
        Field("station", FieldType.TEXT, "Station", is_required=True),
        Field("at", FieldType.TIMESTAMP, "When", is_required=True),
        Field("bikes", FieldType.INTEGER, "Bicycles", unit="1", is_required=True),
        Field("charge", FieldType.NUMBER, "Mean charge", unit="%"),
        Field("open", FieldType.BOOLEAN, "Whether it is open"),
    ),
    key_fields=("station",),
    time_field="at",
    geometry_type=GeometryType.POINT,
)
CAR_PARKS = Contract(
    fields=(
        Field("park", FieldType.TEXT, "Car park", is_required=True),
        Field("places", FieldType.INTEGER, "Places", is_required=True),
        Field("opened", FieldType.DATE, "Day of opening"),
    ),
    key_fields=("park",),
)


def described(openness: str = "open", title: str = "Bicycles") -> Description:
    return Description(title, "Counted every minute.", "etalab-2.0", "TRAN", ["bike"], openness, 60, None)


def bike(station: str, at: str, bikes: object, **more: object) -> dict[str, object]:
    """Return a record at the town hall of Lille."""
    return {"station": station, "at": at, "bikes": bikes, "geometry": point(3.07, 50.63), **more}


def point(longitude: float, latitude: float) -> dict[str, object]:
    return {"type": "Point", "coordinates": [longitude, latitude]}
