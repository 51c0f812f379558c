"""What can be done with objects, and what is refused, in the specification's words."""

from db.connection import Role, connect
from tests.api.openadr.conftest import FORM, Party, Vtn

LIMIT = {"type": "IMPORT_CAPACITY_LIMIT", "values": [1.5, 2, "x", True, {"x": 1, "y": 2.5}]}


def event_of(program: dict[str, object], **more: object) -> dict[str, object]:
    return {"programID": program["id"], "intervals": [{"id": 0, "payloads": [LIMIT]}], **more}


async def test_an_object_is_told_as_it_was_sent_with_its_identity_and_times(bl: Party) -> None:
    period = {"start": "2026-01-17T17:00:00Z", "duration": "PT1H"}
    program = await bl.made("programs", {"programName": "P", "intervalPeriod": None, "id": "mine", "unknown": 1})
    event = await bl.made("events", event_of(program, intervalPeriod=period, targets=["a"], priority=0))
    assert program["id"] != "mine"
    assert program["createdDateTime"] == program["modificationDateTime"]
    assert (program["objectType"], program["programName"]) == ("PROGRAM", "P")
    assert "intervalPeriod" not in program
    assert event["intervals"][0]["payloads"] == [LIMIT]
    assert (await bl("GET", f"/events/{event['id']}")).json() == event
    changed = await bl("PUT", f"/events/{event['id']}", json=event_of(program, eventName="E"))
    assert (changed.json()["eventName"], "targets" in changed.json()) == ("E", False)
    assert changed.json()["createdDateTime"] == event["createdDateTime"] < changed.json()["modificationDateTime"]


async def test_lists_are_filtered_and_come_in_pages(bl: Party) -> None:
    one, two = [await bl.made("programs", {"programName": name, "targets": [name, "both"]}) for name in "ab"]
    past = {"start": "2026-01-17T10:00:00Z", "duration": "PT1H"}
    await bl.made("events", event_of(one, eventName="past", intervalPeriod=past))
    await bl.made("events", event_of(two, eventName="open", targets=["b"]))
    assert [row["id"] for row in await bl.listed("programs", targets=["a", "x"], unknown="1")] == [one["id"]]
    assert [row["id"] for row in await bl.listed("programs", targets="both", skip=1, limit=1)] == [two["id"]]
    assert await bl.listed("programs", limit=0) == []
    assert [row["eventName"] for row in await bl.listed("events", active="true")] == ["open"]
    assert [row["eventName"] for row in await bl.listed("events", programID=one["id"])] == ["past"]


async def test_names_are_unique_and_references_are_to_what_is_there(bl: Party, ven: Party, other: Party) -> None:
    program = await bl.made("programs", {"programName": "P"})
    await bl.made("programs", {"programName": "Q"})
    own = await ven.made("vens", {"objectType": "VEN_VEN_REQUEST", "venName": "v"})
    theirs = await other.made("vens", {"objectType": "VEN_VEN_REQUEST", "venName": "w"})
    for party, row in ((ven, own), (other, theirs)):  # the same name, of two VENs
        body = {"objectType": "VEN_RESOURCE_REQUEST", "resourceName": "tank", "venID": row["id"]}
        await party.made("resources", body)
        assert (await party("POST", "/resources", json=body)).status_code == 409
    refused = [
        await bl("POST", "/programs", json={"programName": "P"}),
        await bl("PUT", f"/programs/{program['id']}", json={"programName": "Q"}),
        await bl("POST", "/events", json={"programID": "none"}),
        await bl("POST", "/events", json={"programID": own["id"]}),  # of another kind
        await ven("POST", "/reports", json={"eventID": program["id"], "clientName": "v", "resources": []}),
        await ven("PUT", f"/vens/{own['id']}", json={"objectType": "VEN_VEN_REQUEST", "venName": "w"}),
        await ven("POST", "/vens", json={"objectType": "VEN_VEN_REQUEST", "venName": "second"}),
    ]
    assert [answer.status_code for answer in refused] == [409] * len(refused)
    assert all(answer.headers["content-type"] == "application/json" for answer in refused)
    assert all(answer.json()["status"] == 409 for answer in refused)


async def test_with_an_object_goes_what_depends_on_it_and_every_change_is_told(vtn: Vtn, bl: Party, ven: Party) -> None:
    program = await bl.made("programs", {"programName": "P", "targets": ["a"]})
    event = await bl.made("events", event_of(await bl.made("programs", {"programName": "Q"})))
    await bl.made("events", event_of(program))
    operation = {"objects": ["EVENT"], "operations": ["CREATE"], "callbackUrl": "https://v.example/x"}
    await bl.made("subscriptions", {"clientName": "b", "programID": program["id"], "objectOperations": [operation]})
    await ven.made("reports", {"eventID": event["id"], "clientName": "v", "resources": []})
    assert (await bl("DELETE", f"/programs/{program['id']}")).json()["id"] == program["id"]
    assert (await bl("DELETE", f"/programs/{program['id']}")).status_code == 404
    assert (await bl("DELETE", f"/programs/{event['programID']}")).status_code == 200
    assert [await bl.listed(noun) for noun in ("programs", "events", "subscriptions", "reports")] == [[]] * 4
    async with await connect(vtn.url, Role.INGEST) as connection:
        cursor = await connection.execute(
            "SELECT operation, object_type, program_targets, object->>'id' = object_id FROM openadr_change"
            " ORDER BY openadr_change_id"
        )
        changes = await cursor.fetchall()
    assert [change[1] for change in changes if change[0] == "CREATE"] == [
        "PROGRAM", "PROGRAM", "EVENT", "EVENT", "SUBSCRIPTION", "REPORT",
    ]  # fmt: skip
    gone = [change[1] for change in changes if change[0] == "DELETE"]
    assert sorted(gone) == ["EVENT", "EVENT", "PROGRAM", "PROGRAM", "REPORT", "SUBSCRIPTION"]
    assert gone.index("REPORT") < len(gone) - 1
    assert changes[3] == ("CREATE", "EVENT", ["a"], True)


async def test_bodies_are_as_strict_as_the_specification(bl: Party, ven: Party) -> None:
    program = await bl.made("programs", {"programName": "P"})
    wrong = [
        ("programs", {}),
        ("programs", {"programName": ""}),
        ("programs", {"programName": "x" * 129}),
        ("programs", {"programName": "a\x00b"}),
        ("programs", {"programName": 7}),
        ("programs", {"programName": "x", "targets": [""]}),
        ("programs", {"programName": "x", "programDescriptions": [{"URL": "no"}]}),
        ("programs", {"programName": "x", "payloadDescriptors": [{"payloadType": "PRICE"}]}),
        ("events", event_of(program, duration="1 hour")),
        ("events", event_of(program, priority=-1)),
        ("events", event_of(program, intervalPeriod={"start": "tomorrow"})),
        ("events", event_of(program, intervalPeriod={"start": "2026-01-17T17:00:00"})),
        ("events", event_of(program, intervals=[{"id": "0", "payloads": []}])),
        ("events", event_of(program, intervals=[{"id": 0, "payloads": [{"type": "X", "values": [None]}]}])),
        ("vens", {"objectType": "VEN", "venName": "v", "clientID": "c"}),
        ("vens", {"objectType": "VEN_VEN_REQUEST", "venName": "v"}),
    ]
    answers = [(noun, body, await bl("POST", f"/{noun}", json=body)) for noun, body in wrong]
    assert [(noun, body) for noun, body, answer in answers if answer.status_code != 400] == []
    raw = {"content": b'{"programName": NaN', "headers": {"Content-Type": "application/json"}}
    assert (await bl("POST", "/programs", **raw)).status_code == 400
    for query in ("skip=-1", "limit=51", "limit=x", "targets=", "active=perhaps", "programID=%20"):
        assert (await bl("GET", f"/events?{query}")).status_code == 400, query
    assert (await bl("GET", "/programs/a b")).status_code == 400
    assert (await bl("POST", "/programs", content=b"x" * 1_100_000)).status_code == 413
    assert (await ven("PATCH", "/programs")).status_code == 405


async def test_scopes_are_those_of_the_operations(vtn: Vtn, bl: Party, ven: Party) -> None:
    for party, method, path in (
        (ven, "POST", "/programs"),
        (ven, "DELETE", "/events/x"),
        (ven, "GET", "/notifiers/mqtt/topics/events"),
        (ven, "GET", "/notifiers/mqtt/topics/vens"),
        (bl, "POST", "/reports"),
        (bl, "DELETE", "/reports/x"),
    ):
        answer = await party(
            method, path, json={"programName": "x", "eventID": "e", "clientName": "c", "resources": []}
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing"), path
    async with vtn.party("ven", ["read_targets"]) as reader:
        assert (await reader("GET", "/events")).status_code == 200
        assert (await reader("GET", "/reports")).status_code == 403
        assert (await reader("GET", "/notifiers")).status_code == 403


async def test_tokens_are_had_by_credentials_and_end_with_the_client(vtn: Vtn, ven: Party) -> None:
    good = {"grant_type": "client_credentials", "client_id": ven.client_id, "client_secret": ven.secret}
    async with vtn.anonymous() as http:
        server = (await http.get("/auth/server")).json()
        assert server == {"tokenURL": "http://vtn.test/openadr3/3.1.0/auth/token"}
        narrow = (await http.post("/auth/token", data={**good, "scope": "read_targets write_programs"})).json()
        assert (narrow["token_type"], narrow["expires_in"], narrow["scope"]) == ("Bearer", 3600, "read_targets")
        basic = await http.post(
            "/auth/token", content=b"grant_type=client_credentials", headers=FORM, auth=(ven.client_id, ven.secret)
        )
        assert basic.status_code == 200
        refusals = [
            ({**good, "client_secret": "wrong"}, 401, "invalid_client"),
            ({**good, "client_id": "nobody"}, 401, "invalid_client"),
            ({**good, "grant_type": "password"}, 400, "unsupported_grant_type"),
            ({**good, "scope": "write_programs"}, 400, "invalid_scope"),
            ({"grant_type": "client_credentials"}, 400, "invalid_request"),
        ]
        for form, status, error in refusals:
            answer = await http.post("/auth/token", data=form)
            assert (answer.status_code, answer.json()["error"]) == (status, error)
        for header in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}):
            answer = await http.get("/programs", headers=header)
            assert (answer.status_code, "www-authenticate" in answer.headers) == (401, True)
        async with await connect(vtn.url, Role.OWNER) as connection:
            await connection.execute("UPDATE openadr_client SET revoked_at = now()")
        assert (await ven("GET", "/programs")).status_code == 401
        assert (await http.post("/auth/token", data=good)).status_code == 401


async def test_no_subscription_exists_before_its_callbacks_want_to_be_called(vtn: Vtn, bl: Party, ven: Party) -> None:
    def wanting(*urls: str) -> dict[str, object]:
        operations = [
            {"objects": ["EVENT"], "operations": ["UPDATE"], "callbackUrl": url, "bearerToken": "s3"} for url in urls
        ]
        return {"clientName": "v", "objectOperations": operations, "targets": ["a"]}

    refused = await ven("POST", "/subscriptions", json=wanting("https://a.example/", "https://refusing.example/"))
    assert (refused.status_code, refused.json()["code"]) == (400, "callback_unproven")
    assert await ven.listed("subscriptions") == []
    made = await ven.made("subscriptions", wanting("https://a.example/"))
    assert vtn.callbacks.asked[-1] == ("https://a.example/", "s3")
    assert made["objectOperations"][0]["bearerToken"] == "s3"
    (seen,) = await bl.listed("subscriptions", objects=["EVENT", "VEN"], clientName="v")
    assert "bearerToken" not in seen["objectOperations"][0]
    assert await bl.listed("subscriptions", objects="VEN") == []
    path = f"/subscriptions/{made['id']}"
    assert (await bl("PUT", path, json=wanting("https://b.example/"))).status_code == 403
    assert (await ven("PUT", path, json=wanting("https://refusing.example/"))).status_code == 400
    assert (await ven("PUT", path, json=wanting("https://b.example/"))).status_code == 200
    many = [f"https://a.example/{number}" for number in range(9)]
    assert (await ven("POST", "/subscriptions", json=wanting(*many))).json()["code"] == "callbacks_too_many"
    async with await connect(vtn.url, Role.INGEST) as connection:
        cursor = await connection.execute("SELECT count(*) FROM openadr_change WHERE object::text LIKE '%s3%'")
        assert await cursor.fetchall() == [(0,)]
    assert (await bl("DELETE", path)).status_code == 200


async def test_business_logic_grants_and_a_ven_cannot(bl: Party, ven: Party) -> None:
    ask = {"objectType": "BL_VEN_REQUEST", "clientID": ven.client_id, "venName": "v", "targets": ["a"]}
    assert (await ven("POST", "/vens", json=ask)).status_code == 403
    made = await bl.made("vens", ask)
    assert (made["clientID"], made["objectType"], made["targets"]) == (ven.client_id, "VEN", ["a"])
    path = f"/vens/{made['id']}"
    renamed = (await ven("PUT", path, json={"objectType": "VEN_VEN_REQUEST", "venName": "w", "targets": ["b"]})).json()
    assert (renamed["venName"], renamed["targets"]) == ("w", ["a"])
    assert (await ven("PUT", path, json=ask)).status_code == 403
    assert (await bl("PUT", path, json={**ask, "clientID": "another"})).status_code == 400
    assert (await bl("PUT", path, json={**ask, "targets": ["b"]})).json()["targets"] == ["b"]
    body = {"objectType": "BL_RESOURCE_REQUEST", "clientID": ven.client_id, "resourceName": "r", "venID": made["id"]}
    assert (await ven("POST", "/resources", json=body)).status_code == 403
    assert (await bl("POST", "/resources", json={**body, "clientID": "another"})).status_code == 400
    assert (await bl("POST", "/resources", json={**body, "venID": "none"})).status_code == 404
    resource = await bl.made("resources", {**body, "targets": ["c"]})
    kept = {"objectType": "VEN_RESOURCE_REQUEST", "resourceName": "s", "venID": made["id"]}
    assert (await ven("PUT", f"/resources/{resource['id']}", json=kept)).json()["targets"] == ["c"]
    assert [row["resourceName"] for row in await ven.listed("resources", targets="c", venID=made["id"])] == ["s"]
    assert (await bl("DELETE", path)).status_code == 200
    assert await bl.listed("resources") == []
