"""What devices say in words: latest text of each label, and what it said before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, zip_longest
from typing import Final

from db.connection import Connection
from db.rows import all_rows
from db.statements import statements

_SQL: Final = statements("labels")
#: Earlier texts kept of each device and label.
KEPT_CHANGES: Final = 32


@dataclass(frozen=True, slots=True)
class LabelSaid:
    """A device said a text under a label at a time (aware UTC)."""

    end_device_id: int
    label: str
    text: str
    said_at: datetime


@dataclass(frozen=True, slots=True)
class LabelKey:
    """A label of a device."""

    end_device_id: int
    label: str


@dataclass(frozen=True, slots=True)
class SaidLabel:
    """What a label of a device says, or said before, without a break from `first_said_at` to `last_said_at`."""

    device: str
    label: str
    text: str
    first_said_at: datetime
    last_said_at: datetime
    is_latest: bool


async def store_labels(connection: Connection, said: Sequence[LabelSaid]) -> None:
    """Store what devices said; the same again, or something older than what is known, changes nothing.

    Of each device and label the newest `KEPT_CHANGES` earlier texts are kept.
    """
    for spans in zip_longest(*_spans(said)):
        together = [span for span in spans if span is not None]
        parameters = {
            "end_device_ids": [span[0].end_device_id for span in together],
            "labels": [span[0].label for span in together],
            "texts": [span[0].text for span in together],
            "first_said_at": [span[0].said_at for span in together],
            "last_said_at": [span[-1].said_at for span in together],
        }
        changed = await all_rows(connection, LabelKey, _SQL["store_labels"], parameters)
        if changed:
            keys = {
                "end_device_ids": [key.end_device_id for key in changed],
                "labels": [key.label for key in changed],
            }
            await connection.execute(_SQL["trim_label_changes"], {**keys, "kept": KEPT_CHANGES})


def _spans(said: Sequence[LabelSaid]) -> list[list[list[LabelSaid]]]:
    """Return for each device and label the spans, in order of time, in which it said one text."""
    ordered = sorted(said, key=lambda item: (item.end_device_id, item.label, item.said_at))
    return [
        [list(span) for _, span in groupby(texts, key=lambda item: item.text)]
        for _, texts in groupby(ordered, key=lambda item: (item.end_device_id, item.label))
    ]


async def usage_point_labels(connection: Connection, usage_point_id: int) -> list[SaidLabel]:
    """Return what the devices of a usage point say and said, the latest of each label first."""
    return await all_rows(connection, SaidLabel, _SQL["usage_point_labels"], {"usage_point_id": usage_point_id})
