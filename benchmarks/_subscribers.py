"""The pipelines that ingest is compared with: paho with manual acknowledgement, and aiomqtt with executemany.

``python -m benchmarks._subscribers paho|aiomqtt PORT DATABASE_URL COUNT``. Both do what a careful user would: decode
with msgspec, gather up to BATCH messages, commit, then, which paho alone can, acknowledge. They end after COUNT
messages; the last line is the monotonic time of the last commit.
"""

import asyncio
import queue
import sys
import time
from datetime import UTC, datetime
from typing import Any

import aiomqtt
import msgspec
import numpy as np
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from core.registers import POWER_W
from db.columns import IntervalColumns, ReadingColumns
from db.connection import Connection, Role, connect
from db.writing import write_batch

BATCH, LINGER_S = 5_000, 0.2
FILTER = "somel/v1/#"
INSERT = """
INSERT INTO somel.reading (usage_point_id, register_id, quality, read_at, known_at, value)
VALUES (%s, %s, 0, to_timestamp(%s), now(), %s) ON CONFLICT DO NOTHING
"""


class Live(msgspec.Struct):
    """A live message."""

    at: int
    meters: list[str]
    registers: dict[str, list[float]]
    sequence: int | None = None


DECODE = msgspec.json.Decoder(Live).decode


async def usage_points(connection: Connection) -> dict[str, int]:
    """Return who measures what."""
    rows = await (await connection.execute("SELECT name, usage_point_id FROM somel.end_device")).fetchall()
    await connection.commit()
    return {str(name): int(number) for name, number in rows}


def rows_of(payloads: list[bytes], known: dict[str, int]) -> list[tuple[int, int, int, float]]:
    """Return usage point, register, time and value of messages."""
    found = []
    for payload in payloads:
        content = DECODE(payload)
        for meter, number in zip(content.meters, content.registers[POWER_W.name], strict=True):
            found.append((known[meter], POWER_W.register_id, content.at, number))
    return found


async def write(connection: Connection, rows: list[tuple[int, int, int, float]]) -> None:
    """Write rows with ingest's own writer."""
    points, registers, times, values = zip(*rows, strict=True)
    columns = ReadingColumns(
        np.array(points, np.int32),
        np.array(registers, np.int16),
        np.zeros(len(rows), np.int16),
        np.array(times, np.int64) * 1_000_000,
        np.array(values, np.float64),
    )
    await write_batch(
        connection,
        worker="paho",
        message_count=len(rows),
        intervals=IntervalColumns.empty(),
        readings=columns,
        refusals=[],
        known_at=datetime.now(UTC),
    )


def subscribe(client: paho.Client) -> None:
    """Subscribe to everything at QoS 1."""
    client.subscribe(FILTER, 1)


async def with_paho(port: int, url: str, count: int) -> None:
    """Receive on paho's thread; write and acknowledge here."""
    arrived: queue.Queue[Any] = queue.Queue()
    client = paho.Client(CallbackAPIVersion.VERSION2, "bench-paho", protocol=paho.MQTTv5, manual_ack=True)
    client.on_message = lambda _client, _data, message: arrived.put(message)
    client.on_connect = lambda *_: subscribe(client)
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.ReceiveMaximum = 20_000
    client.connect("127.0.0.1", port, clean_start=True, properties=properties)
    client.loop_start()
    async with await connect(url, Role.INGEST) as connection:
        known, done = await usage_points(connection), 0
        while done < count:
            messages = [arrived.get()]
            until_s = time.monotonic() + LINGER_S
            while len(messages) < BATCH and done + len(messages) < count and time.monotonic() < until_s:
                try:
                    messages.append(arrived.get(timeout=LINGER_S / 10))
                except queue.Empty:
                    break
            await write(connection, rows_of([message.payload for message in messages], known))
            for message in messages:
                client.ack(message.mid, message.qos)
            done += len(messages)
    print(time.monotonic(), flush=True)
    client.disconnect()
    client.loop_stop()


async def with_aiomqtt(port: int, url: str, count: int) -> None:
    """Receive, and write by executemany; aiomqtt has acknowledged on receipt."""
    async with (
        await connect(url, Role.INGEST) as connection,
        aiomqtt.Client("127.0.0.1", port, identifier="bench-aiomqtt", protocol=aiomqtt.ProtocolVersion.V5) as client,
    ):
        known, done, payloads = await usage_points(connection), 0, []
        await client.subscribe(FILTER, qos=1)
        async for message in client.messages:
            payloads.append(bytes(message.payload))
            if len(payloads) == BATCH or done + len(payloads) == count:
                await connection.cursor().executemany(INSERT, rows_of(payloads, known))
                await connection.commit()
                done, payloads = done + len(payloads), []
            if done == count:
                break
    print(time.monotonic(), flush=True)


if __name__ == "__main__":
    way = {"paho": with_paho, "aiomqtt": with_aiomqtt}[sys.argv[1]]
    asyncio.run(way(int(sys.argv[2]), sys.argv[3], int(sys.argv[4])))
