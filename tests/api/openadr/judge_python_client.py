"""Drive the VTN with `python-oa3-client`, in that client's environment, with the facts as JSON on standard input."""

import json
import sys

from openadr3_client.bl import BlClient
from openadr3_client.ven import VenClient


def main() -> None:
    facts = json.load(sys.stdin)
    bl_id, bl_secret = facts["bl"]
    ven_id, ven_secret = facts["ven"]
    with (
        BlClient(url=facts["url"], client_id=bl_id, client_secret=bl_secret) as bl,
        VenClient(url=facts["url"], client_id=ven_id, client_secret=ven_secret) as ven,
    ):
        done = {**program_and_event(bl, ven), **reporting(bl, ven), **notified(bl, ven, facts["callback"])}
        bl.delete_program(done.pop("program_id")).raise_for_status()
        done["left"] = [len(bl.programs()), len(bl.events()), len(bl.reports()), len(bl.subscriptions())]
    print(json.dumps(done))


def created(response):
    response.raise_for_status()
    assert response.status_code == 201
    return response.json()


def program_and_event(bl, ven):
    program = created(bl.create_program({"programName": "Evening", "targets": None}))
    event = created(
        bl.create_event(
            {
                "programID": program["id"],
                "eventName": "Peak",
                "intervalPeriod": {"start": "2026-01-17T17:00:00Z", "duration": "PT30M"},
                "intervals": [{"id": 0, "payloads": [{"type": "IMPORT_CAPACITY_LIMIT", "values": [1.5]}]}],
            }
        )
    )
    bl.update_event(event["id"], {"programID": program["id"], "eventName": "Peak, moved"}).raise_for_status()
    ven.register("House 7")
    again = VenClientAgain(ven)
    found = ven.find_program_by_name("Evening")
    polled = ven.poll_events("Evening")
    return {
        "program_id": program["id"],
        "registered_once": again.ven_id == ven.ven_id,
        "program": found.program_name,
        "events": [one.event_name for one in polled],
        "event_by_id": ven.event(event["id"]).event_name,
        "ven": ven.ven(ven.ven_id).ven_name,
    }


class VenClientAgain:
    """What a second registration under the same name finds."""

    def __init__(self, ven):
        self.ven_id = ven.register("House 7").ven_id


def reporting(bl, ven):
    resource = created(
        ven.create_resource({"objectType": "VEN_RESOURCE_REQUEST", "resourceName": "tank", "venID": ven.ven_id})
    )
    event = ven.events()[0]
    report = created(
        ven.create_report(
            {
                "eventID": event.id,
                "clientName": "House 7",
                "resources": [
                    {
                        "resourceName": "tank",
                        "intervalPeriod": {"start": "2026-01-17T17:00:00Z", "duration": "PT30M"},
                        "intervals": [{"id": 0, "payloads": [{"type": "USAGE", "values": [0.4]}]}],
                    }
                ],
            }
        )
    )
    seen = bl.report(report["id"])
    refused = bl.create_report({"eventID": event.id, "clientName": "BL", "resources": []})
    return {"resource": resource["resourceName"], "report": seen.resources[0].resource_name, "bl": refused.status_code}


def notified(bl, ven, callback):
    wanted = {"objects": ["EVENT"], "operations": ["CREATE"], "callbackUrl": callback, "bearerToken": "secret"}
    subscription = created(ven.create_subscription({"clientName": "House 7", "objectOperations": [wanted]}))
    topics = [
        ven.get_mqtt_topics_ven(),
        ven.get_mqtt_topics_ven_events(),
        ven.get_mqtt_topics_ven_programs(),
        ven.get_mqtt_topics_ven_resources(),
        ven.get_mqtt_topics_programs(),
        bl.get_mqtt_topics_events(),
        bl.get_mqtt_topics_reports(),
        bl.get_mqtt_topics_subscriptions(),
        bl.get_mqtt_topics_vens(),
        bl.get_mqtt_topics_resources(),
    ]
    told = [sorted(one.json()["topics"]) for one in topics]
    ven.delete_subscription(subscription["id"]).raise_for_status()
    return {"topics": told, "notifiers": ven.discover_notifiers()["WEBHOOK"]}


main()
