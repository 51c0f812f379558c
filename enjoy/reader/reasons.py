"""Why a pass is admitted or not: a closed list, which readers show; no reason says why there is a right."""

from enum import StrEnum


class Reason(StrEnum):
    """Reasons; the first is the only one that admits."""

    ADMITTED = "admitted"
    # what was shown
    UNREADABLE = "unreadable"
    KEY_UNKNOWN = "key_unknown"
    SIGNATURE_INVALID = "signature_invalid"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    REVOKED = "revoked"
    BLOCKED = "blocked"
    SERIAL_UNKNOWN = "serial_unknown"
    SERVICE_OTHER = "service_other"
    # how it was shown
    PROOF_MISSING = "proof_missing"
    PROOF_STALE = "proof_stale"
    PROOF_INVALID = "proof_invalid"
    PROOF_REPLAYED = "proof_replayed"
    ONLINE_NEEDED = "online_needed"
    # what the rules say
    VENUE_OTHER = "venue_other"
    NOT_ENTITLED = "not_entitled"
    OUTSIDE_HOURS = "outside_hours"
    USED_UP = "used_up"
    TOO_SOON = "too_soon"
    OVER = "over"
    # the reader itself
    LIST_STALE = "list_stale"
    CLOCK_WRONG = "clock_wrong"


class Proof(StrEnum):
    """How sure it is that who shows a pass holds it, from the least to the most."""

    SERIAL = "serial"
    TOKEN = "token"  # noqa: S105 - a word
    DEVICE = "device"

    @property
    def rank(self) -> int:
        """Place in the order."""
        return list(Proof).index(self)
