"""Checks on how a gateway connects: seen by the proxy alone."""

from collections.abc import Callable
from typing import Final

import msgspec

from ingest.conformance.observation import Observation, SeenConnect
from ingest.conformance.verdicts import Check, Finding, every, failed, not_seen, passed

_SECTION: Final = "Connecting"
_WEEK_S: Final = 604_800
_LONGEST_KEEP_ALIVE_S: Final = 60
_LARGEST_COMMAND_BYTES: Final = 65_536
_UNSEEN: Final = "no connection through the proxy; start the bench with --proxy PORT and point the gateway at it"


def _each(fault: Callable[[Observation, SeenConnect], str | None]) -> Callable[[Observation], Finding]:
    def judge(seen: Observation) -> Finding:
        return every(seen.connects, lambda connect: fault(seen, connect), of="connections", missing=_UNSEEN)

    return judge


def _client_id(seen: Observation, connect: SeenConnect) -> str | None:
    return None if connect.client_id == seen.gateway else f"the Client Identifier is {connect.client_id!r}"


def _user_name(seen: Observation, connect: SeenConnect) -> str | None:
    return None if connect.user_name == seen.gateway else f"the User Name is {connect.user_name!r}"


def _clean_start(_seen: Observation, connect: SeenConnect) -> str | None:
    return "Clean Start is 1: the broker drops the commands that wait" if connect.clean_start else None


def _session_expiry(_seen: Observation, connect: SeenConnect) -> str | None:
    return None if connect.session_expiry_s >= _WEEK_S else f"the Session Expiry is {connect.session_expiry_s} s"


def _keep_alive(_seen: Observation, connect: SeenConnect) -> str | None:
    fits = 0 < connect.keep_alive_s <= _LONGEST_KEEP_ALIVE_S
    return None if fits else f"the Keep Alive is {connect.keep_alive_s} s" + ("" if connect.keep_alive_s else ": never")


def _packet_size(_seen: Observation, connect: SeenConnect) -> str | None:
    size = connect.most_packet_bytes
    return None if size is None or size >= _LARGEST_COMMAND_BYTES else f"the Maximum Packet Size is {size} bytes"


def _will(seen: Observation, connect: SeenConnect) -> str | None:
    will = connect.will
    if will is None:
        return "there is no Will"
    if will.topic != seen.topic("state"):
        return f"the Will goes to {will.topic}, not to {seen.topic('state')}"
    if (will.qos, will.retain, will.content_type) != (1, True, "application/json"):
        return f"the Will has QoS {will.qos}, retain {will.retain}, content type {will.content_type!r}"
    try:
        says = msgspec.json.decode(will.payload)
    except msgspec.DecodeError:
        says = None
    is_right = isinstance(says, dict) and says.get("status") == "offline"
    return None if is_right else f"the Will says {will.payload[:80]!r}"


def _subscribed(seen: Observation) -> Finding:
    if not seen.connects:
        return not_seen(_UNSEEN)
    wanted = seen.topic("command")
    found = [subscription for subscription in seen.subscriptions if subscription.pattern == wanted]
    if not found:
        others = ", ".join(sorted({subscription.pattern for subscription in seen.subscriptions})) or "nothing"
        return failed(f"it subscribed to {others}, not to {wanted}")
    worst = min(subscription.qos for subscription in found)
    return passed(f"{wanted} at QoS {worst}") if worst == 1 else failed(f"it subscribed to {wanted} at QoS {worst}")


CONNECTING: Final = (
    Check("connect.client_id", _SECTION, "The Client Identifier is the gateway's name.", _each(_client_id)),
    Check("connect.user_name", _SECTION, "The User Name is the gateway's name.", _each(_user_name)),
    Check("connect.clean_start", _SECTION, "Clean Start is 0.", _each(_clean_start)),
    Check("connect.session_expiry", _SECTION, "The session lasts a week or longer.", _each(_session_expiry)),
    Check("connect.keep_alive", _SECTION, "Keep Alive is 60 s or less.", _each(_keep_alive)),
    Check("connect.packet_size", _SECTION, "Packets of 65,536 bytes are taken.", _each(_packet_size)),
    Check("connect.will", _SECTION, "The Will says offline, retained, to the state topic.", _each(_will)),
    Check("connect.subscribes", _SECTION, "It subscribes to its command topic with QoS 1.", _subscribed),
)
