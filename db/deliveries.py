"""What is stored of each gateway by its sequence numbers, and whose batches may be written."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from core.errors import ConflictError
from db.connection import Connection, translated_errors
from db.statements import statements

_SQL: Final = statements("writing")
_RANGE: Final = re.compile(r"\[(\d+),(\d+)\)")
#: So far away that the counter must have started anew. [numbers]
NEW_NUMBERING: Final = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Arrivals:
    """Runs of sequence numbers that were stored, those of one gateway's present numbering only.

    Attributes
    ----------
    gateway_id : ndarray, shape (run,), int32
        Gateway; one without sequence numbers has one run, too.
    first, after : ndarray, shape (run,), int64
        The run is ``[first, after)``; both are -1 where there are no numbers.
    """

    gateway_id: npt.NDArray[np.int32]
    first: npt.NDArray[np.int64]
    after: npt.NDArray[np.int64]

    @classmethod
    def of(cls, gateway_id: npt.NDArray[np.int32], sequence: npt.NDArray[np.int64]) -> "Arrivals":
        """Return the runs in messages given in the order received; -1 is nobody, and no number.

        Notes
        -----
        O(n log n) in the messages, nothing by the message in Python.

        Examples
        --------
        >>> arrivals = Arrivals.of(np.array([7, 7, 7, -1], np.int32), np.array([4, 6, 5, 1]))
        >>> arrivals.gateway_id.tolist(), arrivals.first.tolist(), arrivals.after.tolist()
        ([7], [4], [7])
        """
        gateways = np.unique(gateway_id[gateway_id >= 0])
        numbered = (gateway_id >= 0) & (sequence >= 0)
        gateway, number = _present_numbering(gateway_id[numbered], sequence[numbered])
        order = np.lexsort((number, gateway))
        gateway, number = gateway[order], number[order]
        is_first = np.ones(len(number), np.bool_)
        is_first[1:] = (gateway[1:] != gateway[:-1]) | (number[1:] - number[:-1] > 1)
        first = np.flatnonzero(is_first)
        last = np.append(first[1:], len(number)) - 1 if len(number) else first
        silent = np.setdiff1d(gateways, gateway)
        none = np.full(len(silent), -1, np.int64)
        return cls(
            np.concatenate([gateway[first], silent]).astype(np.int32),
            np.concatenate([number[first], none]),
            np.concatenate([number[last] + 1, none]),
        )

    def __len__(self) -> int:
        return len(self.gateway_id)

    def parameters(self) -> dict[str, list[int]]:
        """Return the columns as a statement takes them."""
        return {
            "gateway_id": self.gateway_id.tolist(),
            "first": self.first.tolist(),
            "after": self.after.tolist(),
        }


@dataclass(frozen=True, slots=True)
class Delivered:
    """What is stored of a gateway's present numbering, as PostgreSQL writes it; read only when somebody asks."""

    gateway_id: int
    numbers: str

    @property
    def ranges(self) -> tuple[tuple[int, int], ...]:
        """Ranges ``[first, after)``, rising, at most 64."""
        return tuple((int(first), int(after)) for first, after in _RANGE.findall(self.numbers))


@dataclass(frozen=True, slots=True)
class Claim:
    """Name the worker that may write for some shards."""

    worker: str
    shards: Sequence[int]


async def record_deliveries(connection: Connection, arrivals: Arrivals) -> tuple[Delivered, ...]:
    """Add what was stored before; return what is stored now of these gateways. Repeating it changes nothing.

    Raises
    ------
    RetryableError
        Nothing was added, or nobody knows whether it was: do it again.
    """
    if len(arrivals) == 0:
        return ()
    async with translated_errors():
        cursor = await connection.execute(_SQL["record_deliveries"], arrivals.parameters())
        return tuple(Delivered(*row) for row in await cursor.fetchall())


async def hold_shards(connection: Connection, claim: Claim) -> None:
    """Keep the shards of a batch from moving until the caller's transaction ends.

    Raises
    ------
    ConflictError
        ``shard_taken`` when one of them belongs to another worker.
    """
    if not claim.shards:
        return
    wanted = {"shards": list(claim.shards), "worker": claim.worker}
    row = await (await connection.execute(_SQL["hold_shards"], wanted)).fetchone()
    if row is None or row[0] != len(claim.shards):
        raise ConflictError("shard_taken", "Another worker has taken over a shard of this batch.")


def _present_numbering(
    gateway: npt.NDArray[np.int32], number: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Return messages by gateway, less those before the last jump to a new numbering."""
    order = np.argsort(gateway, kind="stable")
    gateway, number = gateway[order], number[order]
    starts = np.ones(len(number), np.bool_)
    starts[1:] = (gateway[1:] != gateway[:-1]) | (np.abs(number[1:] - number[:-1]) >= NEW_NUMBERING)
    numbering = np.cumsum(starts)
    last_of_gateway = numbering[np.searchsorted(gateway, gateway, side="right") - 1] if len(number) else numbering
    present = numbering == last_of_gateway
    return gateway[present], number[present]
