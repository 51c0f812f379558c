"""How ingest is doing."""

from typing import Annotated

from pydantic import Field

from api.models.fields import Instant, Model

Count = Annotated[int, Field(ge=0, examples=[12])]


class Batch(Model):
    """Describe one committed transaction of ingest."""

    ingest_batch_id: Annotated[int, Field(examples=[4711])]
    worker: Annotated[str, Field(examples=["ingest-1"])]
    committed_at: Instant
    message_count: Count
    received: Annotated[int, Field(examples=[960])]
    stored: Annotated[int, Field(examples=[950])]
    duplicate: Annotated[int, Field(examples=[4])]
    revised: Annotated[int, Field(examples=[4])]
    refused: Annotated[int, Field(examples=[2])]


class RefusedCode(Model):
    """Count what was refused with one code."""

    code: Annotated[str, Field(examples=["value_negative"])]
    message_count: Annotated[int, Field(description="Messages concerned", examples=[2])]
    refused_count: Annotated[int, Field(description="Values refused", examples=[2])]
    last_at: Instant


class Ingest(Model):
    """Hold the counts of all that was committed: received = stored + duplicate + revised + refused."""

    batch_count: Annotated[int, Field(examples=[4711])]
    message_count: Annotated[int, Field(description="MQTT messages acknowledged", examples=[120000])]
    received: Annotated[int, Field(description="Values received", examples=[3400960])]
    stored: Annotated[int, Field(description="Values stored for the first time", examples=[3400000])]
    duplicate: Annotated[int, Field(description="Values stored before with the same content", examples=[900])]
    revised: Annotated[int, Field(description="Values that replaced a different one", examples=[40])]
    refused: Annotated[int, Field(description="Values refused", examples=[20])]
    received_per_s: Annotated[float, Field(description="Over the last minute of wall time [1/s]", examples=[66.7])]
    messages_per_s: Annotated[float, Field(description="Over the last minute of wall time [1/s]", examples=[2.2])]
    refused_by_code: list[RefusedCode]
    last_batch: Batch | None = None


class RefusedMessage(Model):
    """Describe one refusal and the payload that caused it."""

    refused_message_id: Annotated[int, Field(examples=[17])]
    received_at: Instant
    topic: Annotated[str, Field(examples=["somel/v1/0/gw-0001/batch"])]
    content_type: Annotated[str | None, Field(examples=["application/json"])] = None
    code: Annotated[str, Field(examples=["payload_malformed"])]
    reason: Annotated[str, Field(examples=["The payload is not JSON."])]
    refused_count: Annotated[int, Field(description="Values refused", examples=[1])]
    payload_bytes: Annotated[int, Field(description="Length of the whole payload [bytes]", examples=[2])]
    payload_base64: Annotated[str, Field(description="Start of the payload", examples=["e30="])]
