"""Field types of the specification. Optional fields may be null, and are then left out of answers."""

from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictStr, StringConstraints
from pydantic.alias_generators import to_camel

_LONGEST_URI: Final = 8_000
_INT32: Final = 2**31


def _name_of(field: str) -> str:
    name = to_camel(field)
    return f"{name[:-2]}ID" if name.endswith("Id") else name


class Body(BaseModel):
    """Base of everything sent and told; what the specification does not name is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=_name_of, validate_by_name=True)

    def content(self) -> dict[str, Any]:
        """Return what is kept: JSON by the specification's names, without nulls."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("must not contain a NUL character")
    return text


def _uri(text: str) -> str:
    parts = urlsplit(text)
    if (
        not parts.scheme
        or not (parts.netloc or parts.path)
        or not text.isascii()
        or not text.isprintable()
        or " " in text
    ):
        raise ValueError("must be an absolute URI")
    return text


def _instant(text: str) -> str:
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None and parsed.year != 1:  # the year 1 stands for now
        raise ValueError("must have a time zone")
    if parsed.tzinfo is not None:
        parsed.timestamp()
    return text


def _not_empty(duration: str) -> str:
    if not any(mark.isdigit() for mark in duration[duration.index("P") + 1 :][:2]):
        raise ValueError("must be an ISO 8601 duration")
    return duration


def _no_text(number: object) -> object:
    if isinstance(number, (str, bytes, bool)):
        raise ValueError("must be a number")  # noqa: TRY004 - pydantic makes a refusal of a ValueError
    return number


Text = Annotated[StrictStr, AfterValidator(_storable)]
#: Text of 1 to 128 characters.
Name = Annotated[StrictStr, StringConstraints(min_length=1, max_length=128), AfterValidator(_storable)]
ObjectId = Annotated[StrictStr, StringConstraints(min_length=1, max_length=128, pattern=r"^[a-zA-Z0-9_-]*$")]
Uri = Annotated[StrictStr, StringConstraints(min_length=2, max_length=_LONGEST_URI), AfterValidator(_uri)]
#: RFC 3339, or a time in the year 1, which stands for now.
DateTime = Annotated[StrictStr, AfterValidator(_instant), Field(examples=["2026-01-15T17:00:00Z"])]
Duration = Annotated[
    StrictStr,
    StringConstraints(
        max_length=128,
        pattern=r"^-?P(\d+Y)?(\d+M)?(\d+[DW])?(T(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$",
    ),
    AfterValidator(_not_empty),
    Field(examples=["PT1H"]),
]
Integer = Annotated[int, BeforeValidator(_no_text), Field(ge=-_INT32, lt=_INT32)]
Targets = Annotated[list[Name] | None, Field(description="Targets", examples=[["group-1"]])]
