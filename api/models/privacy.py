"""Consents of usage points, what is stored of them, and who looked at it."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.models.fields import GivenInstant, Instant, Model

Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the proof", examples=["ab" * 32])]
How = Literal["online", "paper", "telephone"]


class NewConsent(Model):
    """Record that a customer agrees to a purpose."""

    purpose: Annotated[Literal["enjoy"], Field(description="enjoy: be counted in published sums", examples=["enjoy"])]
    text_version: Annotated[Line, Field(description="Of the text agreed to", examples=["2026-01"])]
    given_at: Annotated[GivenInstant, Field(examples=["2026-01-15T12:00:00Z"])]
    how: Annotated[How, Field(examples=["paper"])]
    proof: Annotated[Line, Field(description="Where it is kept; no name", examples=["file 2026/117"])]
    proof_sha256: Digest | None = None


class Consent(Model):
    """Tell one consent; nothing of it is ever written over."""

    purpose: Annotated[str, Field(examples=["enjoy"])]
    resource: Annotated[str | None, Field(description="Resource it is for; null: the usage point", examples=[None])]
    text_version: Annotated[str, Field(examples=["2026-01"])]
    given_at: Instant
    given_by: Annotated[str, Field(description="Account that recorded it", examples=["token/control-room"])]
    given_how: Annotated[str, Field(examples=["paper"])]
    proof: Annotated[str | None, Field(examples=["file 2026/117"])]
    proof_sha256: Digest | None
    recorded_at: Instant
    withdrawn_at: Annotated[Instant | None, Field(description="Null while it holds")]
    withdrawn_by: Annotated[str | None, Field(examples=[None])]
    withdrawn_how: Annotated[str | None, Field(examples=[None])]


class Consents(Model):
    """Hold what was agreed to at a usage point, for whatever purpose, the newest first."""

    items: list[Consent]


class Erasure(Model):
    """Tell what was erased, and what is kept for which reason."""

    deleted: Annotated[dict[str, int], Field(description="Rows by table", examples=[{"somel.reading": 48}])]
    kept: Annotated[
        dict[str, str],
        Field(description="Reasons by table", examples=[{"somel.end_device": "Meters and devices installed there"}]),
    ]


class Access(Model):
    """Tell who read what is stored of a single usage point."""

    personal_access_id: Annotated[int, Field(examples=[4711])]
    accessed_at: Annotated[Instant, Field(description="By the platform's clock")]
    recorded_at: Annotated[Instant, Field(description="Wall time")]
    actor: Annotated[str, Field(examples=["token/control-room"])]
    usage_point_key: Annotated[UUID, Field(examples=["8f14e45f-ceea-467f-a9d1-2c4b1f0c7a11"])]
    subject: Annotated[str, Field(description="load, latest, labels, quality or export", examples=["load"])]
    purpose: Annotated[str, Field(examples=["complaint 2026/117"])]
    start_at: Annotated[Instant | None, Field(description="Span that was read; null: none")]
    end_at: Instant | None
