"""Payloads in the formats of others at a bench, where neither their session nor their topic is known."""

from typing import Any, Final

import msgspec

from core.errors import InputError
from core.identifiers import Topic
from ingest.decode.foreign import Foreign
from ingest.decode.json_text import read_json
from ingest.decode.shelly import COMPONENTS, read_shelly
from ingest.decode.sparkplug_values import Definitions, values_of
from ingest.decode.sparkplug_wire import read_payload

_STATUS: Final = msgspec.json.Decoder(dict[str, Any])


class BenchMeters:
    """Stand for the meters of a gateway that is not known."""

    def whole(self) -> str:
        """Return a name for the gateway's own meter."""
        return "<gateway>"

    def channel(self, number: int) -> str:
        """Return a name for the meter of a channel."""
        return f"<gateway>-{number}"


def sparkplug_at_bench(payload: bytes, received_s: int) -> Foreign:
    """Read a Sparkplug payload as the birth of a device: what it names is defined, an alias alone is not.

    Raises
    ------
    InputError
        ``payload_malformed`` or ``payload_invalid``.
    """
    del received_s
    content = read_payload(payload)
    return values_of(content, Definitions([metric for metric in content.metrics if metric.name]), "<device>")


def shelly_at_bench(payload: bytes, received_s: int) -> Foreign:
    """Read a notification, a status of several components, or that of one, which its members tell.

    Raises
    ------
    InputError
        ``payload_malformed`` or ``payload_invalid``.
    """
    status = read_json(_STATUS, payload)
    if "method" in status:
        topic, content = Topic(0, "<gateway>", "events", "rpc"), payload
    else:
        topic = Topic(0, "<gateway>", "events", "rpc")
        content = msgspec.json.encode({"method": "NotifyStatus", "params": _components(status)})
    return read_shelly(topic, content, received_s=received_s, meters=BenchMeters())


def _components(status: dict[str, Any]) -> dict[str, Any]:
    """Return a status of several components, made of one where it is of one alone."""
    if any(name.partition(":")[0] in COMPONENTS for name in status):
        return {name: of for name, of in status.items() if name != "ts"}
    fitting = {
        kind: len({member.partition(".")[0] for member in of} & status.keys()) for kind, of in COMPONENTS.items()
    }
    kind = max(fitting, key=lambda name: fitting[name])
    if not fitting[kind]:
        raise InputError("payload_invalid", "The payload is the status of no component that measures.")
    return {f"{kind}:{status.get('id', 0)}": status}
