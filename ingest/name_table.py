"""A table of names that kernels find names in by their bytes."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ingest.kernels.names import FEWEST_SLOTS, fill, find

Bytes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int32]


class NameTable:
    """Find names by their bytes.

    Parameters
    ----------
    names : sequence of str
        Names, each once.
    """

    def __init__(self, names: Sequence[str]) -> None:
        encoded = [name.encode() for name in names]
        self.names: Bytes = np.frombuffer(b"".join(encoded), np.uint8)
        self.ends = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum([len(name) for name in encoded], out=self.ends[1:])
        self._slots = np.empty(max(FEWEST_SLOTS, 1 << (2 * len(encoded)).bit_length()), np.int32)
        fill(self.names, self.ends, self._slots)

    def find(self, data: Bytes, places: npt.NDArray[np.int64]) -> Positions:
        """Return the position of each name in the table, or -1.

        Parameters
        ----------
        data : ndarray, shape (byte,), uint8
            Where the names are.
        places : ndarray, shape (name, >= 2), int64
            First byte and the one after the last of each.
        """
        found = np.empty(len(places), np.int32)
        find(self.names, self.ends, self._slots, data, places, found)
        return found
