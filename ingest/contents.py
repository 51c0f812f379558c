"""What gateways say besides measured values: stored before the batch that acknowledges it, in an order they set."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from db.commands import Answer, AnsweredCommand, answer_commands
from db.connection import Connection, translated_errors
from db.firmware import report_offers
from db.firmware_rows import OfferReport, ReportedOffer
from db.flexibility import FlexibilityReport, StateReport, store_flexibility, store_states
from db.gateways import GatewayReport, report_gateways
from db.labels import store_labels
from db.writing import Refusal
from ingest.decode import (
    REFUSAL_CODES,
    AnswerContent,
    EventContent,
    Flexibility,
    MessageRefusal,
    MetaContent,
    ResourceState,
    StateContent,
    UpdateContent,
)
from ingest.judging import Content, refuse
from ingest.labels import LabelsContent
from ingest.plausibility import credible_span_s

_MEANING: Final = {refusal.code: refusal.meaning for refusal in REFUSAL_CODES}


async def store_contents(connection: Connection, contents: Sequence[Content], *, at: datetime) -> list[Refusal]:
    """Store labels, events, answers, updates, states and metas in one transaction; return what had to be refused.

    Storing is idempotent: a message that comes again changes nothing.

    Raises
    ------
    RetryableError
        When the database is away; nothing is stored then.
    """
    if not contents:
        return []
    async with translated_errors(), connection.transaction():
        await _store_labels(connection, contents)
        return [
            *await _store_events(connection, contents, at),
            *await _store_answers(connection, contents, at),
            *await _store_updates(connection, contents, at),
            *await _store_gateways(connection, contents, at),
        ]


async def _store_answers(connection: Connection, contents: Sequence[Content], at: datetime) -> list[Refusal]:
    found = [(content, content.content) for content in contents if isinstance(content.content, AnswerContent)]
    if not found:
        return []
    answers = [Answer(said.command, content.gateway_id, said.status, said.reason) for content, said in found]
    known = await answer_commands(connection, answers, at=at)
    return [
        _refusal(content, "command_unknown", 1)
        for content, said in found
        if AnsweredCommand(said.command, content.gateway_id) not in known
    ]


async def _store_updates(connection: Connection, contents: Sequence[Content], at: datetime) -> list[Refusal]:
    found = [(content, content.content) for content in contents if isinstance(content.content, UpdateContent)]
    if not found:
        return []
    reports = [
        OfferReport(said.offer, content.gateway_id, said.status, said.fault, said.reason) for content, said in found
    ]
    known = await report_offers(connection, reports, at=at)
    return [
        _refusal(content, "offer_unknown", 1)
        for content, said in found
        if ReportedOffer(said.offer, content.gateway_id) not in known
    ]


async def _store_gateways(connection: Connection, contents: Sequence[Content], at: datetime) -> list[Refusal]:
    reports: list[GatewayReport] = []
    refusals: list[Refusal] = []
    for content in contents:
        said = content.content
        if isinstance(said, StateContent):
            reports.append(_state_report(content, said))
        elif isinstance(said, MetaContent) and said.gateway == content.gateway_name:
            reports.append(_meta_report(content, said))
        elif isinstance(said, MetaContent):
            refusals.append(_refusal(content, "payload_invalid", 1))
    if reports:
        await report_gateways(connection, reports, at=at)
    return refusals


async def _store_labels(connection: Connection, contents: Sequence[Content]) -> None:
    said = [item for content in contents if isinstance(content.content, LabelsContent) for item in content.content.said]
    if said:
        await store_labels(connection, said)


def _state_report(content: Content, said: StateContent) -> GatewayReport:
    return GatewayReport(
        content.gateway_id,
        status=said.status,
        said_at=None if said.at is None else _instant(said.at),
        is_retained=content.message.is_retained,
        firmware_version=said.firmware_version,
    )


def _meta_report(content: Content, said: MetaContent) -> GatewayReport:
    return GatewayReport(
        content.gateway_id,
        firmware_version=said.firmware_version,
        specification=said.specification,
        hardware=said.hardware,
        report_interval_s=said.report_interval_s,
    )


@dataclass(frozen=True, slots=True)
class _Said:
    """What an event says of one resource, with the event."""

    content: Content
    report: Flexibility | ResourceState


def _need(content: Content, report: Flexibility) -> FlexibilityReport:
    return FlexibilityReport(
        gateway_id=content.gateway_id,
        resource_name=report.resource,
        reported_at=_instant(report.at),
        energy_needed_wh=report.energy_needed_wh,
        max_power_w=report.max_power_w,
        available_from=_instant(report.available_from),
        ready_by=_instant(report.ready_by),
    )


def _standing(content: Content, report: ResourceState) -> StateReport:
    return StateReport(
        content.gateway_id, report.resource, _instant(report.at), report.energy_wh, report.temperature_degc
    )


async def _store_events(connection: Connection, contents: Sequence[Content], at: datetime) -> list[Refusal]:
    said = [
        _Said(content, report)
        for content in contents
        if isinstance(content.content, EventContent)
        for report in content.content.said
    ]
    if not said:
        return []
    oldest_s, newest_s = credible_span_s(at)
    timely = [item for item in said if oldest_s <= item.report.at <= newest_s]
    needs = [(item, item.report) for item in timely if isinstance(item.report, Flexibility)]
    stands = [(item, item.report) for item in timely if isinstance(item.report, ResourceState)]
    kept = await store_flexibility(connection, [_need(item.content, one) for item, one in needs]) if needs else set()
    known = await store_states(connection, [_standing(item.content, one) for item, one in stands]) if stands else set()
    unknown = [item for position, (item, _) in enumerate(needs) if position not in kept]
    unknown += [item for position, (item, _) in enumerate(stands) if position not in known]
    return [
        *_count(said, "time_too_old", lambda item: item.report.at < oldest_s),
        *_count(said, "time_in_future", lambda item: item.report.at > newest_s),
        *_count(unknown, "resource_unknown"),
    ]


def _count(said: Sequence[_Said], code: str, applies: Callable[[_Said], bool] = lambda _: True) -> list[Refusal]:
    """Return one refusal for each message that holds reports to which `code` applies."""
    contents: dict[int, tuple[Content, int]] = {}
    for item in filter(applies, said):
        _, count = contents.get(id(item.content), (item.content, 0))
        contents[id(item.content)] = (item.content, count + 1)
    return [_refusal(content, code, count) for content, count in contents.values()]


def _refusal(content: Content, code: str, count: int) -> Refusal:
    return refuse(content.message, MessageRefusal(0, code, _MEANING[code], count))


def _instant(epoch_s: int) -> datetime:
    return datetime.fromtimestamp(epoch_s, UTC)
