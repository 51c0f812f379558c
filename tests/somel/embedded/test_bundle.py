"""Bundles, made by the real apt from a real signed repository on this machine."""

import os
import platform
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core.errors import ConfigurationError, PlatformError, RetryableError
from somel.embedded.bundle import Bundle
from somel.embedded.hostapt import HostApt, read_host_apt
from somel.embedded.process import wait_until
from somel.embedded.recipe import SERVICES
from tests.somel.embedded.conftest import LOCAL, TINY, Mirror

SET_UP = """
import sys
from pathlib import Path
from somel.embedded.bundle import Bundle
from somel.embedded.hostapt import HostApt
from tests.somel.embedded.conftest import LOCAL, TINY
host = HostApt({"": sys.argv[2]}, Path(sys.argv[3]), LOCAL)
Bundle(TINY, Path(sys.argv[1]), host).ensure()
"""


def _set_up_elsewhere(cache: Path, host: HostApt) -> "subprocess.Popen[bytes]":
    """Start a set-up in another process."""
    line = [sys.executable, "-c", SET_UP, str(cache), host.mirrors[""], str(host.keyring)]
    return subprocess.Popen(line, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})


def test_a_bundle_holds_the_packages_with_their_dependencies_and_no_documentation(
    mirror: Mirror, tmp_path: Path
) -> None:
    bundle = Bundle(TINY, tmp_path / "cache", mirror.host()).ensure()

    assert set(bundle.versions()) == {"somel-test-program", "somel-test-library", "somel-test-tool"}
    assert (bundle.path / "usr/share/somel-test/program").is_file()
    assert (bundle.path / "usr/share/somel-test/extension/thing.control").read_bytes()
    assert not (bundle.path / "usr/share/doc").exists()
    assert [path.name for path in bundle.path.parent.glob("*.partial")] == []


def test_a_bundle_that_is_there_needs_no_network_and_no_apt(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Bundle(TINY, tmp_path, mirror.host()).ensure()
    mirror.requests.clear()
    monkeypatch.setenv("PATH", "")

    assert Bundle(TINY, tmp_path, mirror.host()).ensure().is_ready
    assert not mirror.requests


def test_a_set_up_killed_in_the_middle_goes_on_where_it_stopped(mirror: Mirror, tmp_path: Path) -> None:
    mirror.stalled = "somel-test-program"
    killed = _set_up_elsewhere(tmp_path, mirror.host())
    archives = tmp_path / "bundle" / f"{TINY.folder_name}.partial" / "apt" / "archives"
    assert wait_until(lambda: len(list(archives.glob("*.deb"))) == 2, within_s=30)
    assert wait_until(lambda: mirror.stalled in mirror.packages_asked_for(), within_s=30)
    killed.kill()
    killed.wait()
    assert not Bundle(TINY, tmp_path).is_ready

    mirror.stalled = ""
    mirror.released.set()
    bundle = Bundle(TINY, tmp_path, mirror.host()).ensure()

    assert bundle.is_ready
    assert mirror.packages_asked_for() == {"somel-test-program": 2, "somel-test-library": 1, "somel-test-tool": 1}


def test_two_set_ups_at_once_fetch_every_package_once(mirror: Mirror, tmp_path: Path) -> None:
    mirror.stalled = "somel-test-tool"
    first = _set_up_elsewhere(tmp_path, mirror.host())
    assert wait_until(lambda: "somel-test-tool" in mirror.packages_asked_for(), within_s=30)
    stages: list[str] = []
    waiting = threading.Event()

    def progress(stage: str, _done: int, _total: int) -> None:
        stages.append(stage)
        waiting.set()

    bundle = Bundle(TINY, tmp_path, mirror.host())
    second = threading.Thread(target=bundle.ensure, args=(progress,))
    second.start()
    assert waiting.wait(30)
    mirror.released.set()
    second.join(60)

    assert first.wait(60) == 0
    assert stages == ["waiting for another set-up"]
    assert set(mirror.packages_asked_for().values()) == {1}
    assert bundle.is_ready


def test_a_package_changed_on_its_way_is_refused(mirror: Mirror, repository: Path, tmp_path: Path) -> None:
    package = next(repository.glob("pool/somel-test-tool*"))
    package.write_bytes(package.read_bytes()[:-1] + b"?")
    bundle = Bundle(TINY, tmp_path / "cache", mirror.host())

    with pytest.raises(RetryableError) as caught:
        bundle.ensure()

    assert caught.value.code == "embedded_download_failed"
    assert not bundle.is_ready


def test_an_index_signed_by_a_stranger_is_refused(mirror: Mirror, tmp_path: Path) -> None:
    bundle = Bundle(TINY, tmp_path, mirror.host("stranger.gpg"))

    with pytest.raises(ConfigurationError, match="something else") as caught:
        bundle.ensure()

    assert caught.value.code == "embedded_signature_unverified"
    assert mirror.packages_asked_for() == {}


def test_an_index_changed_after_signing_is_refused(mirror: Mirror, repository: Path, tmp_path: Path) -> None:
    index = repository / "dists/trixie/InRelease"
    index.write_text(index.read_text().replace("Origin: Tests", "Origin: Tricks"))

    with pytest.raises(PlatformError) as caught:
        Bundle(TINY, tmp_path / "cache", mirror.host()).ensure()

    assert caught.value.code == "embedded_signature_unverified"


def test_a_mirror_out_of_reach_says_what_is_kept_and_what_to_do_instead(tmp_path: Path) -> None:
    nowhere = HostApt({"": "http://127.0.0.1:9/"}, None, LOCAL)

    with pytest.raises(RetryableError, match="SOMEL_DATABASE_URL") as caught:
        Bundle(SERVICES, tmp_path, nowhere).ensure()

    assert caught.value.code == "embedded_download_failed"
    assert "run the command again" in caught.value.message


def test_a_mirror_without_debian_13_is_named_as_such(mirror: Mirror, tmp_path: Path) -> None:
    elsewhere = HostApt({"": f"{mirror.address}other/"}, None, LOCAL)

    with pytest.raises(ConfigurationError, match="does not carry Debian 13") as caught:
        Bundle(TINY, tmp_path, elsewhere).ensure()

    assert caught.value.code == "embedded_mirror_incomplete"


def test_a_package_that_the_mirror_lacks_is_not_a_network_fault(mirror: Mirror, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Bundle(SERVICES, tmp_path, mirror.host()).ensure()

    assert caught.value.code == "embedded_apt_failed"


def test_a_host_without_apt_is_told_what_to_do_instead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ConfigurationError, match=r"docker compose -f deploy/compose\.yaml up") as caught:
        Bundle(SERVICES, tmp_path).ensure()

    assert caught.value.code == "embedded_apt_missing"
    assert caught.value.context["missing"] == ["apt-get", "apt-config", "dpkg-deb"]


def test_another_architecture_is_told_what_to_do_instead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")

    with pytest.raises(ConfigurationError, match="SOMEL_MQTT_URL") as caught:
        Bundle(SERVICES, tmp_path).ensure()

    assert caught.value.code == "embedded_architecture_unsupported"


def test_the_mirror_and_the_keyring_are_the_hosts_own() -> None:
    host = read_host_apt("")

    assert host.mirrors[""].startswith(("http", "mirror", "file", "copy", "cdrom"))
    assert host.keyring is None or host.keyring.is_file()
    assert all(line.startswith("Acquire::") and line.endswith(";") for line in host.settings)
    assert not any("Invoke" in line for line in host.settings)
