"""What was done, as the audit log has it."""

from typing import Annotated, Any

from pydantic import Field

from api.models.fields import Instant, Model

_EXAMPLE_HASH = "6f3a1c0e5b7d9f2a4c6e8b0d1f3a5c7e9b1d3f5a7c9e0b2d4f6a8c0e2b4d6f80"
Hash = Annotated[str, Field(description="SHA-256, hexadecimal", examples=[_EXAMPLE_HASH])]


class AuditEntry(Model):
    """Tell what was done; each entry holds the hash of the one before."""

    number: Annotated[int, Field(description="Place in the chain, from 1 on", examples=[4711])]
    at: Annotated[Instant, Field(description="When it was done, by the platform's clock")]
    recorded_at: Annotated[Instant, Field(description="Wall time at which it joined the chain")]
    actor: Annotated[str, Field(examples=["token/control-room"])]
    action: Annotated[str, Field(examples=["event.approved"])]
    subject: Annotated[str, Field(examples=["event/3f2b8c1e-5d0a-4f43-9a53-6f7d0a1b2c3d"])]
    facts: Annotated[dict[str, Any], Field(description="What else is known of it", examples=[{"commands": 41}])]
    previous_hash: Hash
    hash: Hash
