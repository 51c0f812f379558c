"""Readers of passes, what their logs came to, flags and figures of use."""

import datetime as dt
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.models.fields import Instant, Model

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,47}$", examples=["marx-dormoy"])]
ReaderTitle = Annotated[str, Field(min_length=1, max_length=100, examples=["Gate by the showers"])]


class ReaderWanted(Model):
    """Ask for a reader."""

    service: Name
    venue: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,47}$", examples=["grand-bassin"])]
    title: ReaderTitle


class ReaderOf(Model):
    """Describe a reader."""

    reader: Annotated[int, Field(description="Its number")]
    service: str
    venue: str
    title: str
    created_at: Instant
    last_seen_at: Annotated[Instant | None, Field(description="When it last called for its rules or told its log")]
    revoked_at: Instant | None


class NewReader(ReaderOf):
    """Describe a reader that was made, with its secret, which is shown this once."""

    secret: Annotated[str, Field(examples=["somel_reader_…"])]


class EntryRefused(Model):
    """Say why an entry of a log was not taken."""

    place: Annotated[int, Field(description="Which entry, from 0 on")]
    nonce: UUID | None
    code: Annotated[str, Field(examples=["token_unknown"])]


class LogTaken(Model):
    """Tell what became of a log."""

    stored: Annotated[int, Field(description="Entries that are new")]
    known: Annotated[int, Field(description="Entries that were told before")]
    flagged: Annotated[int, Field(description="Flags that were set")]
    refused: list[EntryRefused]


class FlagOf(Model):
    """Tell of one admission that looks wrong."""

    kind: Annotated[str, Field(examples=["uses"])]
    venue: str
    at: Instant
    subject: Annotated[UUID, Field(description="Pseudonym at this service")]


class FlagCount(Model):
    """Tell how many there were on a day."""

    kind: str
    venue: str
    day: dt.date
    count: int


class FlagsOf(Model):
    """Tell of admissions that look wrong: one by one for 48 hours, and by number."""

    recent: list[FlagOf]
    counts: list[FlagCount]


class StatisticOf(Model):
    """Tell how often a venue was used on a day."""

    venue: str
    day: dt.date
    price_class: Annotated[str | None, Field(description="null: all together")]
    admissions: Annotated[int | None, Field(description="null: hidden, see `hidden`")]
    hidden: Literal["k", "complementary"] | None
