"""What readers of passes need is published, and readers that others wrote come to the same verdicts as ours."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import cbor2
import httpx
import pytest

from api.app import create_app
from core.settings import Settings
from core.signature import Signer, make_key
from db.connection import Role, connect
from enjoy.passes.issuing import Issued, issue
from enjoy.passes.revoking import BLOCKED, REVOKED, set_status_of_token
from enjoy.passes.secret import secret_of
from enjoy.passes.signing import rotate
from enjoy.reader import cbor, cose
from enjoy.reader.presenting import plain_text, read_presented
from enjoy.reader.status import StatusList
from enjoy.reader.tokens import EXP
from tests.api.conftest import settings_at
from tests.enjoy.lending import standing
from tests.enjoy.passes.town import NOON, Town, add_holder, add_medium, add_service, add_subject
from tests.enjoy.reader.test_presenting import shown
from tests.support.judges import node_environment

ADDRESS = "http://somel.test/enjoy"
PHONE, STRANGER = Signer(make_key()), Signer(make_key())


@asynccontextmanager
async def asking(url: str) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings_at(NOON), database_url=url, wall=standing(NOON))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=f"{ADDRESS}/v1/passes") as client,
    ):
        yield client


async def issued(url: str, settings: Settings) -> dict[str, Issued]:
    """Issue tokens of a holder: on paper one that is good, one revoked and one blocked, and one on a phone."""
    town = Town(url)
    add_service(town, "pool")
    add_service(town, "library")
    holder = add_holder(town)
    subject = add_subject(town, holder, "pool", rights=(1, 2))
    short = add_subject(town, holder, "library", days=1)
    tokens = {}
    async with await connect(url, Role.ENJOY_PASS) as connection:
        for name in ("good", "revoked", "blocked", "bound", "short"):
            phone = name == "bound"
            medium = add_medium(town, holder, "phone" if phone else "paper")
            key = base64.b64decode(PHONE.public_key) if phone else None
            whose = short if name == "short" else subject
            secret = secret_of(settings)
            tokens[name] = await issue(connection, secret, whose, medium, key, address=ADDRESS, now=NOON)
        await set_status_of_token(connection, tokens["revoked"].token_id, REVOKED, now=NOON)
        await set_status_of_token(connection, tokens["blocked"].token_id, BLOCKED, now=NOON)
    return tokens


async def test_keys_and_status_list_are_published_in_two_forms_each(database_url: str) -> None:
    settings = settings_at(NOON)
    tokens = await issued(database_url, settings)
    async with asking(database_url) as client:
        answer = await client.get("/keys")
        assert answer.headers["content-type"] == "application/jwk-set+json"
        [key] = answer.json()["keys"]
        assert (key["kty"], key["crv"], key["alg"]) == ("OKP", "Ed25519", "EdDSA")
        assert answer.headers["cache-control"] == "public, max-age=60"
        assert (await client.get("/keys", headers={"If-None-Match": answer.headers["etag"]})).status_code == 304
        coded = await client.get("/keys", headers={"Accept": "application/cose-key-set, */*;q=0.1"})
        [cose_key] = cbor2.loads(coded.content)
        assert cose_key[2].hex() == key["kid"]
        assert base64.urlsafe_b64decode(key["x"] + "=") == cose_key[-2]

        keys = {cose_key[2]: base64.b64encode(cose_key[-2]).decode()}
        answer = await client.get("/status")
        assert answer.headers["content-type"] == "application/statuslist+cwt"
        known = StatusList.read(answer.content, keys, NOON)
        assert known.uri == f"{ADDRESS}/v1/passes/status"
        refusals = {}
        for name in ("good", "revoked", "blocked"):
            seen = read_presented(tokens[name].text, keys, NOON)
            assert not isinstance(seen, str)
            refusals[name] = known.refusal(seen.token)
        assert refusals == {"good": None, "revoked": "revoked", "blocked": "blocked"}
        assert (await client.get("/status", headers={"If-None-Match": answer.headers["etag"]})).status_code == 304
        in_json = await client.get("/status", headers={"Accept": "application/statuslist+jwt"})
        assert in_json.headers["content-type"] == "application/statuslist+jwt"
        assert in_json.headers["vary"] == "Accept, Origin"

        async with await connect(database_url, Role.ENJOY_PASS) as connection:
            await set_status_of_token(connection, tokens["good"].token_id, BLOCKED, now=NOON)
            await rotate(connection, secret_of(settings), NOON)
        answer = await client.get("/status/changes", params={"since": known.version})
        assert answer.headers["content-type"] == 'application/cose; cose-type="cose-sign1"'
        known = known.updated(answer.content, keys, NOON)
        assert known.packed == StatusList.read((await client.get("/status")).content, keys, NOON).packed
        assert (await client.get("/status/changes", params={"since": known.version + 1})).status_code == 409
        assert (await client.get("/status/changes", params={"since": -1})).status_code == 422
        assert len((await client.get("/keys")).json()["keys"]) == 2


async def test_an_installation_without_a_secret_offers_no_passes(database_url: str) -> None:
    settings = settings_at(NOON).model_copy(update={"pass_secret": None})
    app = create_app(settings, database_url=database_url, wall=standing(NOON))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=f"{ADDRESS}/v1/passes") as client:
            answer = await client.get("/status")
            assert (answer.status_code, answer.json()["code"]) == (404, "passes_not_offered")
            assert (await client.get("/keys")).json() == {"keys": []}


async def judged(node: str, folder: Path, given: dict[str, Any]) -> dict[str, Any]:
    program = Path(__file__).parent / "judge_cose_kit.mjs"
    process = await asyncio.create_subprocess_exec(node, str(program), str(folder), stdin=-1, stdout=-1, stderr=-1)
    out, wrong = await process.communicate(json.dumps(given).encode())
    assert process.returncode == 0, wrong.decode()
    found: dict[str, Any] = json.loads(out)
    return found


def forged(token: Issued) -> str:
    """Return a token that somebody made last longer."""
    protected, _, payload, signature = cbor2.loads(token.token).value
    claims = cbor2.loads(payload)
    claims[EXP] += 86_400
    return plain_text(b"\xd2" + cbor.encode([protected, {}, cbor.encode(claims), signature]))


async def test_cose_kit_and_jwt_status_list_accept_what_is_good_and_refuse_the_rest(database_url: str) -> None:
    settings = settings_at(NOON)
    node, folder = node_environment("cose-kit", settings)
    tokens = await issued(database_url, settings)
    async with asking(database_url) as client:
        given = {
            "now": int(NOON.timestamp()),
            "jwks": (await client.get("/keys")).json(),
            "keys": await fetched(client, "/keys", "application/cose-key-set"),
            "list_cwt": await fetched(client, "/status", "application/statuslist+cwt"),
            "list_jwt": (await client.get("/status", headers={"Accept": "application/statuslist+jwt"})).text,
        }
    bound = tokens["bound"]
    said = cbor2.loads(cbor2.loads(bound.token).value[2])
    texts = {
        "good": (tokens["good"].text, "accepted"),
        "shown by its phone": (shown(bound.token, NOON, PHONE), "accepted"),
        "revoked": (tokens["revoked"].text, "revoked"),
        "blocked": (tokens["blocked"].text, "blocked"),
        "tampered with": (forged(tokens["good"]), "signature"),
        "of another issuer": (plain_text(cose.seal(STRANGER, said)), "key unknown"),
        "copied from a phone": (bound.text, "proof missing"),
        "a screenshot": (shown(bound.token, NOON - timedelta(minutes=5), PHONE), "proof stale"),
        "on another phone": (shown(bound.token, NOON, STRANGER), "proof invalid"),
    }
    found = await judged(node, folder, {**given, "texts": [text for text, _ in texts.values()]})
    assert found["list"] == {"bits": 2, "places": 2**20, "sub": f"{ADDRESS}/v1/passes/status"}
    assert found["jwt"] == {"alg": "EdDSA", "bits": 2}
    verdicts = dict(zip(texts, (one["verdict"] for one in found["tokens"]), strict=True))
    assert verdicts == {name: verdict for name, (_, verdict) in texts.items()}
    good = found["tokens"][0]
    assert (good["issuer"], good["service"]) == ("somel.test", "pool")
    assert [number for number, _ in good["rights"]] == [1, 2]
    assert set(good["claims"]) == {1, 3, 4, 5, 7, 65535, -65537}  # and nothing that names anybody
    with pytest.raises(AssertionError, match="JWTExpired"):
        await judged(node, folder, {**given, "now": given["now"] + 8 * 86_400, "texts": []})
    later = int((NOON + timedelta(days=2)).timestamp())
    found = await judged(node, folder, {**given, "now": later, "texts": [tokens["short"].text, tokens["good"].text]})
    assert [one["verdict"] for one in found["tokens"]] == ["time", "accepted"]


async def fetched(client: httpx.AsyncClient, path: str, accept: str) -> str:
    answer = await client.get(path, headers={"Accept": accept})
    assert answer.headers["content-type"] == accept
    return base64.b64encode(answer.content).decode()
