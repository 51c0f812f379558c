"""How far a value can be trusted (OpenADR 3 ``DATA_QUALITY``)."""

from enum import IntEnum


class Quality(IntEnum):
    """Trust in one value, as stored (the number) and as written in messages (the name in lower case)."""

    OK = 0
    MISSING = 1
    ESTIMATED = 2
    BAD = 3

    @property
    def label(self) -> str:
        """Return the name used in messages, the API and pages."""
        return self.name.lower()


QUALITY_BY_LABEL: dict[str, Quality] = {quality.label: quality for quality in Quality}
