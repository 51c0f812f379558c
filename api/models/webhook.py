"""Webhooks: servers of organisations that are told of changes."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, Json

from api.models.dataset import Name
from api.models.fields import Instant, Model
from enjoy.events import EVENT_TYPES


def _once(given: list[str]) -> list[str]:
    return list(dict.fromkeys(given))


class WebhookWanted(Model):
    """Say where a webhook is and what it wants to be told."""

    url: Annotated[
        str,
        Field(min_length=1, max_length=2_000, description="Public, over HTTPS", examples=["https://example.org/hook"]),
    ]
    datasets: Annotated[
        list[Name], Field(min_length=1, max_length=50, examples=[["velo-stations"]]), AfterValidator(_once)
    ]
    events: Annotated[
        list[Literal[tuple(EVENT_TYPES)]],  # type: ignore[valid-type]
        Field(min_length=1, max_length=10, default_factory=lambda: list(EVENT_TYPES)),
        AfterValidator(_once),
    ]


class WebhookOf(Model):
    """Tell how a webhook is doing."""

    webhook_id: Annotated[int, Field(examples=[1])]
    url: str
    datasets: list[str]
    events: list[str]
    created_at: Instant
    before_until: Annotated[Instant | None, Field(description="Until when the secret before the last signs as well")]
    failure_count: Annotated[int, Field(description="Attempts that failed since the last that did not")]
    failing_since: Instant | None
    disabled_at: Annotated[Instant | None, Field(description="Since when it is not called; null: it is")]
    disabled_reason: Annotated[Literal["failing", "gone"] | None, Field(description="gone: it answered 410")]
    pending_count: Annotated[int, Field(description="What waits for it")]


class Secret(Model):
    """Show a secret, once."""

    secret: Annotated[str, Field(examples=["whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="])]


class NewWebhook(WebhookOf, Secret):
    """Tell of a new webhook, and its secret, once."""


class Overlap(Model):
    """Say how long what was good until now stays so."""

    overlap_h: Annotated[int, Field(ge=0, le=168, description="0 where it has leaked [h]", examples=[24])] = 24


class DeliveryOf(Model):
    """Tell what became of a delivery."""

    webhook_delivery_id: Annotated[int, Field(examples=[1])]
    dataset: str
    number: Annotated[int, Field(description="Of the change in its dataset")]
    status: Literal["pending", "delivered", "failed"]
    made_at: Instant
    attempt_count: int
    answer: Annotated[str | None, Field(description="What came of the last attempt", examples=["status 503"])]
    ended_at: Instant | None
    body: Annotated[Json[Any], Field(description="The CloudEvent", examples=[{"specversion": "1.0"}])]


class Again(Model):
    """Tell how many deliveries are tried again."""

    count: Annotated[int, Field(examples=[1])]
