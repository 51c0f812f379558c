"""Vector tiles: records inside a square of the web's map, drawn by PostGIS."""

from pathlib import Path
from typing import Any, Final

from psycopg import sql

from core.datasets import FieldType, GeometryType
from db.connection import Connection, translated_errors
from db.statements import read_file
from db.views import GEOMETRY, View, feature_id, text_of

_TEMPLATES: Final = {one.name: one.sql for one in read_file(Path(__file__).parent / "templates" / "tiles.sql")}

#: Further in, maps enlarge the tiles of this zoom.
DEEPEST: Final = 18
#: Units of a tile's own coordinates; what lies so far outside is drawn too, so that symbols are not cut.
EXTENT: Final = 4_096
BUFFER: Final = 64
#: More features are no map any more.
MOST_FEATURES: Final = 50_000
_POINTS: Final = frozenset({GeometryType.POINT, GeometryType.MULTI_POINT})
#: Round the earth at the equator, as the web's map has it. [m]
_ROUND_M: Final = 40_075_016.685578488
#: Steps that a tile is simplified to: more than screens have points.
_STEPS: Final = 2_560


async def tile(connection: Connection, view: View, z: int, x: int, y: int, *, layer: str) -> bytes:
    """Return the newest record of each key in a square as a Mapbox vector tile of one layer, empty where there is none.

    Parameters
    ----------
    connection : Connection
        Acts for whoever asks.
    view : View
        With a geometry.
    z, x, y : int
        Square of the web's map (WebMercatorQuad), ``0 <= x, y < 2**z``.
    layer : str
        Name of the layer.
    """
    columns = [_named(feature_id(view), "id"), *(_value(field.name, field.type) for field in view.fields)]
    statement = sql.SQL(_TEMPLATES["tile"]).format(  # a file of ours, no caller's words
        z=sql.Literal(z),
        x=sql.Literal(x),
        y=sql.Literal(y),
        margin=sql.Literal(BUFFER / EXTENT),
        extent=sql.Literal(EXTENT),
        buffer=sql.Literal(BUFFER),
        shape=_shape(view, z),
        columns=sql.SQL(", ").join(columns),
        view=view.table(latest=True),
        most=sql.Literal(MOST_FEATURES),
        layer=sql.Literal(layer),
    )
    async with translated_errors(), connection.cursor() as cursor:
        await cursor.execute(statement)
        row: tuple[Any, ...] | None = await cursor.fetchone()
    return b"" if row is None or row[0] is None else bytes(row[0])


def _shape(view: View, z: int) -> sql.Composable:
    drawn = sql.SQL("ST_Transform({}, 3857)").format(GEOMETRY)
    if view.geometry_type in _POINTS:
        return drawn
    smallest_m = _ROUND_M / 2**z / _STEPS
    return sql.SQL("ST_Simplify({}, {}, true)").format(drawn, sql.Literal(smallest_m))


def _value(name: str, kind: FieldType) -> sql.Composable:
    """Return a value as tiles have them: numbers, truths and texts."""
    is_text = kind in {FieldType.TIMESTAMP, FieldType.DATE}
    return _named(text_of(name, kind) if is_text else sql.Identifier(name), name)


def _named(value: sql.Composable, name: str) -> sql.Composable:
    return sql.SQL("{} AS {}").format(value, sql.Identifier(name))
