"""Parquet files of records; where they have a geometry, GeoParquet 1.1 with the bounds of every record beside it."""

import binascii
import json
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from api.tables import Sink
from core.datasets import Field, FieldType, GeometryType
from db.exports import SHAPE
from db.views import View

_TYPES: Final[dict[FieldType, pa.DataType]] = {
    FieldType.TEXT: pa.string(),
    FieldType.INTEGER: pa.int64(),
    FieldType.NUMBER: pa.float64(),
    FieldType.BOOLEAN: pa.bool_(),
    FieldType.DATE: pa.date32(),
    FieldType.TIMESTAMP: pa.timestamp("us", "UTC"),
}
_BOUNDS: Final = SHAPE[1:]
_BOX: Final = pa.struct([(name, pa.float64()) for name in _BOUNDS])
_VERSION: Final = "1.1.0"
#: Columns of a group of rows are held in memory until it is written. [bytes]
_GROUP: Final = 8 * 1024 * 1024


class ParquetFile:
    """Make a file of rows that come as CSV; they are held as columns until there are enough for a group.

    Parameters
    ----------
    view : View
        Whose records they are; the rows are as `db.exports.typed_lines` has them.
    """

    def __init__(self, view: View) -> None:
        self._geometry_type = view.geometry_type
        columns = {field.name: _TYPES[field.type] for field in view.fields}
        schema = [_described(field) for field in view.fields]
        if self._geometry_type is not None:
            columns |= {SHAPE[0]: pa.string()} | dict.fromkeys(_BOUNDS, pa.float64())
            schema += [pa.field(SHAPE[0], pa.binary()), pa.field("bbox", _BOX)]
        self._reading = pacsv.ReadOptions(column_names=list(columns), use_threads=False)
        self._converting = pacsv.ConvertOptions(
            column_types=columns,
            null_values=[""],
            true_values=["true"],
            false_values=["false"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,  # an empty text is quoted, nothing is not
        )
        self._schema = pa.schema(schema)
        self._sink = Sink()
        self._writer = pq.ParquetWriter(self._sink, self._schema, compression="zstd")
        self._bounds: list[float] | None = None
        self._held: list[pa.Table] = []

    def write(self, rows: bytes) -> bytes:
        """Add rows; return what can be sent of the file by now, mostly nothing."""
        self._held.append(self._columns(rows))
        if sum(table.nbytes for table in self._held) >= _GROUP:
            self._write_group()
        return self._sink.taken()

    def close(self) -> bytes:
        """Return the rest of the file."""
        if self._held:
            self._write_group()
        if self._geometry_type is not None:
            self._writer.add_key_value_metadata({"geo": json.dumps(self._metadata())})
        self._writer.close()
        return self._sink.taken()

    def _write_group(self) -> None:
        self._writer.write_table(pa.concat_tables(self._held))
        self._held.clear()

    def _columns(self, rows: bytes) -> pa.Table:
        self._reading.block_size = len(rows) + 1
        parsing = pacsv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False)
        table = pacsv.read_csv(pa.py_buffer(rows), self._reading, parsing, self._converting).combine_chunks()
        columns = [table[field.name] for field in self._schema if field.name not in {SHAPE[0], "bbox"}]
        if self._geometry_type is not None:
            columns += self._shapes(table)
        return pa.table(columns, schema=self._schema)

    def _shapes(self, table: pa.Table) -> list[pa.Array]:
        bounds = [table[name].chunk(0) for name in _BOUNDS]
        lows, highs = [pc.min(one).as_py() for one in bounds[:2]], [pc.max(one).as_py() for one in bounds[2:]]
        if self._bounds is not None:
            lows, highs = list(map(min, lows, self._bounds[:2])), list(map(max, highs, self._bounds[2:]))
        self._bounds = [*lows, *highs]
        return [_bytes_of(table[SHAPE[0]].chunk(0)), pa.StructArray.from_arrays(bounds, fields=list(_BOX))]

    def _metadata(self) -> dict[str, Any]:
        kind = self._geometry_type
        column: dict[str, Any] = {
            "encoding": "WKB",
            "geometry_types": [] if kind == GeometryType.ANY else [kind],
            "covering": {"bbox": {name: ["bbox", name] for name in _BOUNDS}},
        }
        if self._bounds is not None:
            column["bbox"] = self._bounds
        return {"version": _VERSION, "primary_column": SHAPE[0], "columns": {SHAPE[0]: column}}


def _described(field: Field) -> pa.Field:
    said = {"title": field.title, "description": field.description, "unit": field.unit}
    return pa.field(field.name, _TYPES[field.type], metadata={name: text for name, text in said.items() if text})


def _bytes_of(written: pa.Array) -> pa.Array:
    """Return the bytes that hexadecimal texts stand for, all at once: half as long, at half their places."""
    _, offsets, text = written.buffers()
    places = np.frombuffer(offsets, np.int32)[: len(written) + 1]
    content = pa.py_buffer(binascii.unhexlify(text.slice(0, int(places[-1]))))
    return pa.Array.from_buffers(pa.binary(), len(written), [None, pa.py_buffer(places // 2), content])
