"""What devices say in words, judged: who says it, may it speak for the gateway, and is the time one to believe."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Final

import numpy as np
import numpy.typing as npt

from db.labels import LabelSaid
from db.registry import Registry
from ingest.decode import REFUSAL_CODES, DeviceLabel, MessageRefusal
from ingest.plausibility import credible_span_s

_MEANING: Final = {refusal.code: refusal.meaning for refusal in REFUSAL_CODES}


@dataclass(frozen=True, slots=True)
class LabelsContent:
    """What the devices of one message say in words."""

    said: list[LabelSaid]


@dataclass(frozen=True, slots=True)
class JudgedLabels:
    """Labels that can be stored, by the position of their message, and why the others cannot."""

    contents: list[tuple[int, LabelsContent]]
    refusals: list[MessageRefusal]


def judge_labels(
    labels: Sequence[DeviceLabel],
    gateway_id: npt.NDArray[np.int32],
    registry: Registry,
    now: datetime,
    refused: set[tuple[int, str]],
) -> JudgedLabels:
    """Sort labels into those that can be stored and those that cannot.

    Labels are no values: those of a message that are refused for one reason count 1 together, and nothing when values
    of the message are refused for the same reason (`refused`, by message and code).
    """
    contents: list[tuple[int, LabelsContent]] = []
    codes: dict[tuple[int, str], None] = {}
    for message, of_message in groupby(labels, key=lambda label: label.message):
        said: list[LabelSaid] = []
        for label in of_message:
            judged = _judge(label, int(gateway_id[message]), registry, credible_span_s(now))
            if isinstance(judged, str):
                codes[message, judged] = None
            else:
                said.append(judged)
        if said:
            contents.append((message, LabelsContent(said)))
    return JudgedLabels(contents, list(_refusals(codes, refused)))


def _judge(label: DeviceLabel, sender: int, registry: Registry, credible_s: tuple[int, int]) -> LabelSaid | str:
    """Return the label as it is stored, or the code of why it is not."""
    device = registry.devices.get(label.device)
    if device is None:
        return "device_unknown"
    if device.gateway_id != sender:
        return "device_foreign"
    if not credible_s[0] <= label.at_s <= credible_s[1]:
        return "time_too_old" if label.at_s < credible_s[0] else "time_in_future"
    return LabelSaid(device.end_device_id, label.label, label.text, datetime.fromtimestamp(label.at_s, UTC))


def _refusals(codes: dict[tuple[int, str], None], refused: set[tuple[int, str]]) -> Iterator[MessageRefusal]:
    for message, code in codes:
        if (message, code) not in refused:
            yield MessageRefusal(message, code, _MEANING[code], 1)
