"""Which folders are used, for root and for everybody else."""

import os
from pathlib import Path

import pytest

from core.errors import ConfigurationError
from somel.embedded.places import Account, Places, private_folder, reachable_by_others

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="about root's servers")


def test_the_cache_and_the_state_are_below_an_open_home(folder: Path) -> None:
    places = Places.from_environment({"HOME": str(folder)})

    assert places.cache == folder / ".cache/somel"
    assert places.state == folder / ".local/state/somel"


def test_the_xdg_variables_come_before_the_home(folder: Path) -> None:
    places = Places.from_environment(
        {"HOME": "/nowhere", "XDG_CACHE_HOME": f"{folder}/c", "XDG_STATE_HOME": f"{folder}/s"}
    )

    assert (places.cache, places.state) == (folder / "c/somel", folder / "s/somel")


def test_our_own_variables_come_first(folder: Path) -> None:
    places = Places.from_environment(
        {"HOME": "/nowhere", "SOMEL_CACHE_DIR": f"{folder}/c", "SOMEL_STATE_DIR": f"{folder}/s", "XDG_CACHE_HOME": "/x"}
    )

    assert (places.cache, places.state) == (folder / "c", folder / "s")


@AS_ROOT
def test_a_closed_home_of_root_is_replaced_by_the_systems_folders(folder: Path) -> None:
    folder.chmod(0o700)
    places = Places.from_environment({"HOME": str(folder)})

    assert (places.cache, places.state) == (Path("/var/cache/somel"), Path("/var/lib/somel"))


@AS_ROOT
def test_a_named_folder_that_the_servers_could_not_enter_is_refused(folder: Path) -> None:
    folder.chmod(0o700)

    with pytest.raises(ConfigurationError, match="SOMEL_CACHE_DIR") as caught:
        Places.from_environment({"SOMEL_CACHE_DIR": f"{folder}/cache", "HOME": "/root"})

    assert caught.value.code == "embedded_folder_unreachable"


@pytest.mark.skipif(os.geteuid() == 0, reason="root's servers run as somebody else")
def test_an_ordinary_user_runs_the_servers() -> None:
    assert Places.from_environment().account is None


@AS_ROOT
def test_a_folder_made_by_somebody_else_is_refused_with_the_reason(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private_folder(folder / "mine", Account(65534, 65534))
    monkeypatch.setattr(os, "geteuid", lambda: 4242)

    with pytest.raises(ConfigurationError, match="65534") as caught:
        private_folder(folder / "mine", None)

    assert caught.value.code == "embedded_folder_not_ours"


def test_a_folder_below_a_closed_one_is_not_reachable(folder: Path) -> None:
    (folder / "a/b").mkdir(parents=True)
    (folder / "a").chmod(0o700)

    assert reachable_by_others(folder)
    assert not reachable_by_others(folder / "a/b")
    assert not reachable_by_others(folder / "a/b/to/come")


def test_a_link_in_the_place_of_a_private_folder_is_refused(folder: Path) -> None:
    (folder / "victim").mkdir()
    (folder / "mine").symlink_to(folder / "victim")

    with pytest.raises(ConfigurationError, match="is a link"):
        private_folder(folder / "mine", None)
