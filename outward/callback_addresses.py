"""Where a callback may be: a public address over HTTPS; and what is told of one that may not, or does not answer."""

from typing import Final

from core.errors import InputError, RetryableError
from outward.addresses import HTTP_AND_HTTPS, Address, Faults, read_address


def unreachable(why: str) -> RetryableError:
    """Return the error of a callback that did not answer as a server does."""
    return RetryableError("callback_unreachable", f"The callback did not answer: {why[:200]}.")


def _unfit(why: str) -> InputError:
    return InputError("callback_unfit", f"The callback's URL cannot be used: {why}.")


def _not_public() -> InputError:
    return InputError("callback_not_public", "The callback's host is not at a public address.")


FAULTS: Final = Faults(_unfit, _not_public, unreachable, lambda _: unreachable("its answer is too long"))


def read_callback(url: str, *, is_development: bool = False) -> Address:
    """Read the URL of a callback.

    Parameters
    ----------
    url : str
        As the subscriber gave it.
    is_development : bool
        Take plain HTTP too.

    Raises
    ------
    InputError
        ``callback_unfit``.
    """
    return read_address(url, FAULTS, schemes=HTTP_AND_HTTPS if is_development else {"https"})
