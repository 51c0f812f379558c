"""Drive the VTN with Elaad's `openadr3-client`, in that client's environment; the facts are JSON on standard input."""

import json
import sys
from datetime import UTC, datetime, timedelta

from openadr3_client._models.common.interval import Interval
from openadr3_client._models.common.interval_period import IntervalPeriod
from openadr3_client.bl.http_factory import BusinessLogicHttpClientFactory
from openadr3_client.oadr310._vtn.interfaces.filters import PaginationFilter, TargetFilter
from openadr3_client.oadr310.models.event.event import EventUpdate, NewEvent
from openadr3_client.oadr310.models.event.event_payload import EventPayload, EventPayloadType
from openadr3_client.oadr310.models.program.program import NewProgram, ProgramUpdate
from openadr3_client.oadr310.models.report.report import NewReport, ReportResource
from openadr3_client.oadr310.models.report.report_payload import ReportPayload, ReportPayloadType
from openadr3_client.oadr310.models.resource.resource import NewResourceBlRequest, NewResourceVenRequest
from openadr3_client.oadr310.models.ven.ven import NewVenBlRequest, VenUpdateVenRequest
from openadr3_client.ven.http_factory import VirtualEndNodeHttpClientFactory
from openadr3_client.version import OADRVersion

START = datetime(2026, 1, 17, 17, tzinfo=UTC)
PERIOD = IntervalPeriod(start=START, duration=timedelta(minutes=30))
ALL = PaginationFilter(skip=0, limit=50)


def main() -> None:
    facts = json.load(sys.stdin)
    options = {"version": OADRVersion.OADR_310, "allow_insecure_http": True}
    made = BusinessLogicHttpClientFactory.create_http_bl_client(
        facts["url"], *facts["bl"], facts["token_url"], **options
    )
    bl, ven = (
        made,
        VirtualEndNodeHttpClientFactory.create_http_ven_client(
            facts["url"], *facts["ven"], facts["token_url"], **options
        ),
    )
    done = {**granting(bl, ven, facts["ven"][0]), **targeted(bl, ven), **reporting(bl, ven)}
    program = bl.programs.get_programs(None, ALL)[0]
    bl.programs.delete_program_by_id(program.id)
    print(json.dumps({**done, "left": len(bl.events.get_events(None, ALL, None))}))


def granting(bl, ven, client_id):
    made = bl.vens.create_ven(NewVenBlRequest(ven_name="House 8", clientID=client_id, targets=("group-1",)))
    bl.resources.create_resource(
        NewResourceBlRequest(resource_name="car", venID=made.id, clientID=client_id, targets=("group-2",))
    )
    ven.resources.create_resource(NewResourceVenRequest(resource_name="tank", venID=made.id))
    renamed = ven.vens.update_ven_by_id(made.id, VenUpdateVenRequest(ven_name="House 9"))
    return {
        "token_url": ven.auth.get_auth_server().token_url.endswith("/auth/token"),
        "ven": renamed.ven_name,
        "granted": list(renamed.targets),
        "resources": [one.name for one in ven.resources.get_resources(made.id, None, None, ALL)],
    }


def targeted(bl, ven):
    program = bl.programs.create_program(NewProgram(program_name="Evening"))
    bl.programs.update_program_by_id(program.id, ProgramUpdate(program_name="Evenings"))
    limit = EventPayload(type=EventPayloadType.IMPORT_CAPACITY_LIMIT, values=(1.5,))
    event = bl.events.create_event(
        NewEvent(
            programID=program.id,
            event_name="Peak",
            targets=("group-1", "group-2", "group-3"),
            interval_period=PERIOD,
            intervals=(Interval(id=0, interval_period=None, payloads=(limit,)),),
        )
    )
    bl.events.update_event_by_id(
        event.id,
        EventUpdate(programID=program.id, event_name="Moved", targets=event.targets, intervals=event.intervals),
    )
    asked = {
        "-".join(targets): [
            list(one.targets) for one in ven.events.get_events(TargetFilter(targets=targets), ALL, None)
        ]
        for targets in (["group-1"], ["group-3"], ["group-2", "group-3"])
    }
    seen = ven.events.get_event_by_id(event.id)
    return {
        "programs": [one.name for one in ven.programs.get_programs(None, ALL)],
        "untargeted": len(ven.events.get_events(None, ALL, None)),
        "asked": asked,
        "event": [seen.event_name, list(seen.targets)],
    }


def reporting(bl, ven):
    event = bl.events.get_events(None, ALL, None)[0]
    usage = ReportPayload(type=ReportPayloadType.USAGE, values=(0.4,))
    resource = ReportResource(
        resource_name="tank", interval_period=PERIOD, intervals=(Interval(id=0, payloads=(usage,)),)
    )
    made = ven.reports.create_report(NewReport(eventID=event.id, client_name="House 9", resources=(resource,)))
    read = bl.reports.get_report_by_id(made.id)
    topics = [bl.notifiers.get_event_topics(), ven.notifiers.get_program_topics()]
    notifiers = ven.notifiers.get_notifiers()
    return {
        "notifiers": [notifiers.webhook, [str(uri).rstrip("/") for uri in notifiers.mqtt.uris]],
        "report": read.resources[0].resource_name,
        "topics": [one.topics.all for one in topics if one.topics.create],
    }


main()
