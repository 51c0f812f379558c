"""From a Sparkplug payload to values of registers, by the definitions that a birth gave."""

from collections.abc import Sequence
from typing import Final

from core.errors import InputError
from core.quality import Quality
from ingest.decode.faults import quoted
from ingest.decode.foreign import Fault, Foreign, Row, unnamed
from ingest.decode.low_rate import StateContent
from ingest.decode.sparkplug_metrics import Definition, define, number
from ingest.decode.sparkplug_wire import Metric, Payload

#: Quality code of a good value (specification 6.4.15); a metric without one is good.
_GOOD: Final = 192


class Definitions:
    """The metrics that one birth defined, by name and by alias."""

    def __init__(self, metrics: Sequence[Metric] = ()) -> None:
        self._by_name: dict[str, Definition] = {}
        self._by_alias: dict[int, Definition] = {}
        for metric in metrics:
            definition = define(metric)
            if metric.name is not None:
                self._by_name[metric.name] = definition
            if metric.alias is not None:
                self._by_alias[metric.alias] = definition

    def find(self, metric: Metric) -> Definition | None:
        """Return what a metric means, None when no birth said so."""
        if metric.name:
            return self._by_name.get(metric.name)
        return None if metric.alias is None else self._by_alias.get(metric.alias)


def values_of(payload: Payload, definitions: Definitions, meter: str, *, state: StateContent | None = None) -> Foreign:
    """Return the values of a payload; each is read, or refused, by itself.

    Parameters
    ----------
    payload : Payload
        Payload.
    definitions : Definitions
        What the birth of its node, or device, said.
    meter : str
        Meter that they are values of; empty where it is not known.
    state : StateContent, optional
        What the message says of its gateway.

    Raises
    ------
    InputError
        ``payload_invalid`` when it has no timestamp.
    """
    if payload.timestamp_ms is None:
        raise InputError("payload_invalid", "The payload has no timestamp.")
    foreign = Foreign(state=state)
    homeless = 0
    for metric in payload.metrics:
        if metric.is_null:
            continue
        found = _value(metric, definitions)
        if isinstance(found, Fault):
            foreign.faults.append(found)
        elif found is not None and meter:
            register_id, value = found
            at_ms = payload.timestamp_ms if metric.timestamp_ms is None else metric.timestamp_ms
            foreign.rows.append(Row(meter, register_id, at_ms // 1000, value, _quality(metric)))
        elif found is not None:
            homeless += 1
    if homeless:
        foreign.faults.append(unnamed(homeless, "a metric of the node"))
    return foreign


def _value(metric: Metric, definitions: Definitions) -> tuple[int, float] | Fault | None:
    """Return register and value of a metric, why it is refused, or None where it measures nothing."""
    definition = definitions.find(metric)
    if definition is None:
        named = metric.alias if not metric.name else quoted(metric.name)
        return Fault("metric_undefined", 1, f"No birth defined the metric {named}.")
    if definition.register_id is None:
        return Fault(definition.code, 1, definition.reason) if definition.code else None
    try:
        return definition.register_id, number(definition.datatype, metric) * definition.factor
    except InputError as error:
        return Fault(error.code, 1, error.message)


def _quality(metric: Metric) -> Quality:
    return Quality.OK if metric.quality_code in (None, _GOOD) else Quality.BAD
