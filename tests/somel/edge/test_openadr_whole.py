"""A VEN that knows nothing but the VTN's address and its credentials is notified by webhook and over MQTT."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from api.app import create_app
from api.webhooks.notifying import notifying
from core.settings import read_settings
from db.connection import Role, connect
from db.openadr_clients import create_client
from tests.api.webhooks.subscriber import obliging, said, subscriber
from tests.ingest.running import ingesting, until
from tests.somel.edge.field import Client, Field, Identity


async def client_of(http: httpx.AsyncClient, database_url: str, role: str) -> dict[str, str]:
    """Make a client, and return the headers that its token goes into."""
    async with await connect(database_url, Role.OWNER) as connection:
        client, secret = await create_client(connection, f"a {role}", role, None)
    form = {"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": secret}
    token = (await http.post("/auth/token", data=form)).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


async def answer_of(
    http: httpx.AsyncClient, method: str, path: str, headers: dict[str, str], body: object = None
) -> Any:
    answer = await http.request(method, path, json=body, headers=headers)
    assert answer.is_success, answer.text
    return answer.json()


def subscription_to(callback: str) -> dict[str, Any]:
    """Return what a VEN sends to be told of new programs."""
    wish = {"objects": ["PROGRAM"], "operations": ["CREATE"], "callbackUrl": callback, "bearerToken": "secret"}
    return {"clientName": "north", "objectOperations": [wish]}


async def test_a_ven_finds_its_way_to_both_kinds_of_notifications(field: Field, tmp_path: Path):
    settings = read_settings(
        edge_dir=field.authority.folder,
        openadr_broker_uri=f"mqtts://127.0.0.1:{field.ven_port}",
        openadr_development=True,
    )
    app = create_app(settings, database_url=field.database_url)
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://vtn.test/openadr3/3.1.0")
    async with app.router.lifespan_context(app), http:
        bl, ven = [await client_of(http, field.database_url, role) for role in ("bl", "ven")]
        made = await answer_of(http, "POST", "/vens", ven, {"objectType": "VEN_VEN_REQUEST", "venName": "north"})
        assert await answer_of(http, "GET", "/notifiers", bl) == {"WEBHOOK": True}
        notifiers = await answer_of(http, "GET", "/notifiers", ven)
        assert notifiers == await answer_of(http, "GET", "/notifiers", ven), "who asks again is not given another"
        topics = await answer_of(http, "GET", f"/notifiers/mqtt/topics/vens/{made['id']}/programs", ven)
        given = notifiers["MQTT"]["authentication"]
        assert (notifiers["MQTT"]["URIS"], given["method"]) == ([settings.openadr_broker_uri], "CERTIFICATE")
        identity, ca = Identity(tmp_path / "ven.pem", tmp_path / "ven.key"), tmp_path / "ca.pem"
        for file, name in ((identity.certificate, "clientCert"), (identity.key, "clientKey"), (ca, "caCert")):
            file.write_text(given[name])
        with subscriber() as hook, Client(field.ven_port, ca=ca, identity=identity).connected() as mqtt:
            mqtt.subscribe(topics["topics"]["ALL"])
            wanted = subscription_to(f"http://localhost:{hook.port}/hook")
            hook.reply = said(200, b"no echo")
            refused = await http.post("/subscriptions", json=wanted, headers=ven)
            assert refused.status_code == 400, refused.text
            assert await answer_of(http, "GET", "/subscriptions", ven) == []
            hook.reply = obliging
            await answer_of(http, "POST", "/subscriptions", ven, wanted)
            async with (
                notifying(settings, database_url=field.database_url),
                ingesting(field.database_url, field.broker, ingest_strays=False, sparkplug_group=""),
            ):
                program = await answer_of(http, "POST", "/programs", bl, {"programName": "evenings"})
                told = {"objectType": "PROGRAM", "operation": "CREATE", "object": program, "targets": None}
                await until(lambda: bool(mqtt.received and hook.posted), within_s=20)
    assert [json.loads(payload) for _, payload in mqtt.received] == [told]
    assert [heard.notification for heard in hook.posted] == [told]
    assert hook.posted[0].headers["authorization"] == "Bearer secret"
    assert datetime.now(UTC).timestamp() - int(hook.posted[0].headers["webhook-timestamp"]) < 60
