"""From the platform's demand response to OpenADR: each command to a VEN's resource is an event for that VEN alone.

The platform plans a power for every resource; nobody's may be told to another. So an event carries one command, under a
target that is granted to its resource alone. An event whose command was taken back is deleted.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from core.errors import InvariantError
from db import openadr as store
from db.connection import Connection, translated_errors
from db.openadr import NewObject, OpenadrObject
from db.openadr_links import BridgedCommand, bridged_commands, carry_command, program_named
from grid.openadr import objects
from grid.openadr.nouns import ObjectType, Role
from grid.openadr.privacy import Viewer
from grid.openadr.telling import written

#: Program of the platform's own events.
PROGRAM_NAME: Final = "somel demand response"
_PLATFORM: Final = Viewer(Role.BL, "somel")
_LIMIT: Final = "IMPORT_CAPACITY_LIMIT"
_SETPOINT: Final = "DISPATCH_SETPOINT"
_ENDED: Final = frozenset({"withdrawn", "replaced", "expired"})
_CANCELLED: Final = "cancelled"


async def publish_commands(connection: Connection, *, now: datetime) -> int:
    """Create, change and delete events until they say what the commands say; return how many were touched.

    Parameters
    ----------
    connection : Connection
        In the role `Role.COMPUTE`. Doing it again changes nothing.
    now : datetime
        Time.
    """
    async with translated_errors(), connection.transaction():
        commands = await bridged_commands(connection, now=now)
        if not commands:
            return 0
        program_id = await _program(connection, now)
        return sum([await _bridge(connection, command, program_id, now) for command in commands])


def target_of(resource_id: str) -> str:
    """Return the target that a resource alone is granted.

    Examples
    --------
    >>> target_of("7")
    'somel-resource-7'
    """
    return f"somel-resource-{resource_id}"


def content_of(command: BridgedCommand, program_id: str) -> dict[str, Any]:
    """Return a command as an event: the highest power to draw in each step, or the power to follow. [kW]."""
    step, payload_type = {"duration": f"PT{command.step_s}S"}, _SETPOINT if command.is_followed else _LIMIT
    return {
        "programID": program_id,
        "eventName": command.event_name,
        "targets": [target_of(command.resource_id)],
        "payloadDescriptors": [{"objectType": "EVENT_PAYLOAD_DESCRIPTOR", "payloadType": payload_type, "units": "KW"}],
        "reportDescriptors": [
            {"payloadType": "USAGE", "units": "KWH", "targets": [target_of(command.resource_id)]},
            {"payloadType": "OPERATING_STATE", "targets": [target_of(command.resource_id)]},
        ],
        "intervalPeriod": {"start": written(command.start_at.astimezone(UTC)), **step},
        "intervals": [
            {"id": number, "payloads": [{"type": payload_type, "values": [round(power_w / 1_000, 4)]}]}
            for number, power_w in enumerate(command.dispatch_setpoint_w)
        ],
    }


async def _bridge(connection: Connection, command: BridgedCommand, program_id: str, now: datetime) -> bool:
    gone = command.event_status == _CANCELLED or command.status in _ENDED
    content = content_of(command, program_id)
    if command.event_id is None:
        await _grant(connection, command, now)
        event = await objects.create(connection, _PLATFORM, _new(command, content), now=now)
        await carry_command(connection, event.object_id, command.command_id)
        return True
    if gone:
        await objects.remove(
            connection, _PLATFORM, await _found(connection, ObjectType.EVENT, command.event_id), now=now
        )
        return True
    if command.event_content != content:
        event = await _found(connection, ObjectType.EVENT, command.event_id)
        await objects.change(connection, _PLATFORM, event, _new(command, content), now=now)
        return True
    return False


def _new(command: BridgedCommand, content: Mapping[str, Any]) -> NewObject:
    return NewObject(
        ObjectType.EVENT,
        content,
        name=command.event_name,
        program_id=content["programID"],
        targets=content["targets"],
        ends_at=_end_of(command),
    )


def _end_of(command: BridgedCommand) -> datetime:
    seconds = command.start_at.timestamp() + command.step_s * len(command.dispatch_setpoint_w)
    return datetime.fromtimestamp(seconds, UTC)


async def _grant(connection: Connection, command: BridgedCommand, now: datetime) -> None:
    """Grant a resource its own target, which business logic may have taken from it."""
    target = target_of(command.resource_id)
    if target in command.resource_targets:
        return
    row = await _found(connection, ObjectType.RESOURCE, command.resource_id)
    granted = NewObject(
        ObjectType.RESOURCE,
        row.content,
        client_id=row.client_id,
        name=row.name,
        ven_id=row.ven_id,
        targets=[*row.targets, target],
    )
    await objects.change(connection, _PLATFORM, row, granted, now=now)


async def _program(connection: Connection, now: datetime) -> str:
    """Return the platform's program, made when it is first needed."""
    found = await program_named(connection, PROGRAM_NAME)
    if found is not None:
        return found
    new = NewObject(ObjectType.PROGRAM, {"programName": PROGRAM_NAME}, name=PROGRAM_NAME)
    return (await objects.create(connection, _PLATFORM, new, now=now)).object_id


async def _found(connection: Connection, kind: ObjectType, object_id: str) -> OpenadrObject:
    row = await store.object_by_id(connection, kind, object_id)
    if row is None:
        raise InvariantError("openadr_object_lost", "An object that was just read is not there.")
    return row
