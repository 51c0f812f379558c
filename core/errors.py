"""What can go wrong, sorted by who must act."""

from typing import ClassVar


class PlatformError(Exception):
    """Carry a stable code, a sentence for people and the facts behind it.

    Parameters
    ----------
    code : str
        Lower-case words joined by underscores; stable, because callers and dashboards match on it.
    message : str
        One sentence that says what is wrong and, where possible, what to do.
    **context : object
        The facts: identifiers, limits, values. Never a secret.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, code: str, message: str, **context: object) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.context = context

    def __str__(self) -> str:
        return f"{self.message} [{self.code}]"


class InputError(PlatformError):
    """The sender must act: what was sent can never be accepted as it is."""

    exit_code = 3


class RefusedError(PlatformError):
    """The caller must act: the request is understood and not allowed, or its object is not there."""

    exit_code = 4


class UnauthenticatedError(RefusedError):
    """Who is calling is not known."""


class ForbiddenError(RefusedError):
    """Who is calling is known and may not do this."""


class NotFoundError(RefusedError):
    """The thing named does not exist, or is not visible to the caller."""


class GoneError(RefusedError):
    """The thing named was there, and is not any more."""


class ConflictError(RefusedError):
    """The thing named is in a state, or already exists in a way, that rules the request out."""


class RetryableError(PlatformError):
    """Nobody must act but time: back off and try again."""

    exit_code = 5


class ConfigurationError(PlatformError):
    """The operator must act: a setting, a file or the host is not as it has to be."""

    exit_code = 2


class InvariantError(PlatformError):
    """We must act: the platform broke a promise to itself."""

    exit_code = 70
