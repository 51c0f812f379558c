"""``somel firmware`` and ``somel gateways`` as an operator types them."""

import json
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from core.errors import ConflictError, InputError, NotFoundError
from core.signature import is_signed, key_id
from somel.cli import app
from somel.commands.firmware import PASSPHRASE
from tests.ingest.registered import register


@pytest.fixture(autouse=True)
def servers(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOMEL_DATABASE_URL", database_url)
    monkeypatch.setenv("SOMEL_MQTT_URL", "mqtt://127.0.0.1:9")


def typed(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


def test_a_release_is_signed_listed_rolled_out_paused_resumed_and_aborted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "no releases yet" in typed("firmware", "releases").output
    assert "no roll-outs yet" in typed("firmware", "rollout", "list").output
    key, image = tmp_path / "key", tmp_path / "image"
    image.write_bytes(b"\x7fELF" * 1_000)
    monkeypatch.setenv(PASSPHRASE, "correct horse")
    made = typed("firmware", "keygen", str(key), "--encrypted")
    assert made.exit_code == 0
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert b"ENCRYPTED" in key.read_bytes()
    with pytest.raises(ConflictError, match="key_exists"):
        typed("firmware", "keygen", str(key))
    options = ("--version", "2.0.0", "--hardware", "g1", "--key", str(key), "--next-key", f"{key}.pub")
    release = json.loads(typed("firmware", "release", str(image), *options, "--json").output)
    manifest = json.loads(release["manifest"])
    public_key = manifest["public_keys"][0]
    assert public_key in made.output
    assert release["key_ids"] == [key_id(public_key)]
    assert is_signed(public_key, b"somel firmware v1\n" + release["manifest"].encode(), release["signatures"][0])
    assert "2.0.0" in typed("firmware", "releases").output
    assert json.loads(typed("firmware", "releases", "--json").output)[0]["serial"] == 1

    rollout = typed("firmware", "rollout", "start", "1", "--cohorts", "1%,100%").output.strip()
    assert rollout in typed("firmware", "rollout", "list").output
    assert "is paused" in typed("firmware", "rollout", "pause", rollout).output
    assert "goes on" in typed("firmware", "rollout", "resume", rollout, "--retry").output
    shown = typed("firmware", "rollout", "status", rollout).output
    assert "release 1, 2.0.0: running, stage 1 (up to 1 %)" in shown
    assert all(word in shown for word in ("started", "paused", "resumed"))
    assert "is aborted" in typed("firmware", "rollout", "abort", rollout).output
    status = json.loads(typed("firmware", "rollout", "status", rollout, "--json").output)
    assert status["rollout"]["status"] == "aborted"
    assert [line["action"] for line in status["audit"]] == ["started", "paused", "resumed", "aborted"]
    assert json.loads(typed("firmware", "rollout", "list", "--json").output)[0]["reason"] == "aborted by an operator"


def test_what_cannot_be_is_refused_in_an_operators_words(tmp_path: Path) -> None:
    image = tmp_path / "image"
    image.write_bytes(b"x")
    with pytest.raises(InputError, match="key_unreadable"):
        typed("firmware", "release", str(image), "--version", "1.0.0", "--hardware", "g", "--key", str(image))
    with pytest.raises(InputError, match="key_unreadable"):
        typed("firmware", "release", str(image), "--version", "1.0.0", "--hardware", "g", "--key", str(tmp_path / "no"))
    with pytest.raises(InputError, match="key_not_writable"):
        typed("firmware", "keygen", str(tmp_path / "no" / "key"))
    with pytest.raises(NotFoundError, match="release_unknown"):
        typed("firmware", "rollout", "start", "7")
    for cohorts in ("ten", "50%,10%", "0%", "200%"):
        with pytest.raises(InputError, match="cohorts_invalid"):
            typed("firmware", "rollout", "start", "7", "--cohorts", cohorts)
    with pytest.raises(NotFoundError, match="rollout_unknown"):
        typed("firmware", "rollout", "status", "3f0c8a52-6a0e-4c1e-9d5b-0d6f7a2b9c11")


def test_gateways_are_listed_with_their_state(database_url: str) -> None:
    assert "no gateways yet" in typed("gateways").output
    with register(database_url) as territory:
        territory.add_gateway("gw-0001", 1)
        territory.add_gateway("gw-0002", 0)
        territory.rows("UPDATE gateway SET status = 'online', status_at = now() - INTERVAL '3 hours' WHERE shard = 1")
    listed = typed("gateways").output.splitlines()
    assert [line.split()[0] for line in listed] == ["gw-0001", "gw-0002"]
    assert "online, silent" in listed[0]
    assert "never heard" in listed[1]
    assert json.loads(typed("gateways", "--status", "silent", "--json").output)["name"] == "gw-0001"
    assert typed("gateways", "--status", "offline").output.strip() == "no such gateway"
