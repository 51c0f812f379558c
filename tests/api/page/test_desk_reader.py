"""A desk reads passes: by a camera that a code paired, by keyboard, by photograph; without a net it says nothing."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Request, async_playwright, expect

from db.connection import Role, connect
from enjoy.passes.doors import make_reader
from tests.api.page.codes import Pixels, hold_before_camera, read_code, screen_of
from tests.api.page.conftest import ARGUMENTS
from tests.api.page.console import NO_NET
from tests.api.page.devices import Device, Devices, fits
from tests.api.page.keyboard import press_focused, tab_to
from tests.api.page.people import SERIAL, sit_down
from tests.api.page.phone_pass import add_pass, code_on, next_code, open_passes
from tests.enjoy.passes.town import Town

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(90)]


@dataclass(frozen=True, slots=True)
class Camera:
    """A browser whose camera looks at a file, and that file."""

    browser: Browser
    video: Path

    async def look_at(self, reader: Page, code: Pixels) -> None:
        """Hold a code before the camera, and start it."""
        hold_before_camera(code, self.video)
        await reader.get_by_role("button", name="Start the camera").click()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def camera(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Camera]:
    video = tmp_path_factory.mktemp("camera") / "seen.y4m"
    looking = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={video}",
    ]
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium, args=[*ARGUMENTS, *looking])
        yield Camera(started, video)
        await started.close()


async def _make_a_pairing_code(desk: Device, url: str) -> Pixels:
    """See at the desk who is let in, and have a code made that pairs a reader."""
    page = await sit_down(desk, url)
    await expect(page.get_by_role("heading", name="Pool")).to_be_visible()
    await expect(page.locator("#rules")).to_contain_text("everybody · all venues · 1 a day · at any time · price full")
    await page.get_by_text("Pair a reader").click()
    await page.get_by_label("Name of the reader").fill("Gate")
    await page.get_by_role("button", name="Make").click()
    await expect(page.get_by_role("img", name="Pairing code of the reader Gate")).to_be_visible()
    await fits(page)
    pairing = await screen_of(page, "#pairing-code")
    assert read_code(pairing).startswith(f"{desk.address}/enjoy/desk/reader#secret=somel_reader_")
    return pairing


async def _pair(counter: Device, camera: Camera, pairing: Pixels) -> Page:
    """Open the reader and pair it by what its camera sees."""
    reader = await counter.open("desk/reader")
    await camera.look_at(reader, pairing)
    await expect(reader.get_by_text("Reader paired.")).to_be_visible()
    await expect(reader.get_by_role("heading", name="Pass reader")).to_contain_text("Pool · Door")
    await reader.get_by_role("button", name="Stop the camera").click()
    return reader


async def _add_and_enlarge_by_keyboard(phone: Device) -> Page:
    page = await open_passes(phone)
    await tab_to(page.get_by_role("button", name="Add to this phone"))
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("The pass Pool is on this phone.")).to_be_visible()
    await press_focused(page.get_by_role("button", name="Enlarge"))
    await fits(page)
    return page


async def _is_admitted(reader: Page) -> None:
    verdict = reader.locator("#result")
    await expect(verdict).to_have_attribute("data-state", "admitted")
    await expect(verdict).to_contain_text("Admitted")
    await expect(verdict).to_contain_text("Price: full")
    await fits(reader)
    await reader.get_by_role("button", name="Stop the camera").click()


async def _is_refused_for_it_was_used(reader: Page) -> None:
    verdict = reader.locator("#result")
    await expect(verdict).to_have_attribute("data-state", "refused")
    await expect(verdict).to_contain_text("Entries used up")
    await expect(reader.locator("#last li")).to_have_count(2)


async def test_the_desk_pairs_a_phone_and_admits_a_pass_once(pool: Town, devices: Devices, camera: Camera) -> None:
    pairing = await _make_a_pairing_code(await devices.phone("en-GB"), pool.url)
    reader = await _pair(await devices.phone("en-GB", camera.browser), camera, pairing)
    phone = await _add_and_enlarge_by_keyboard(await devices.phone("en-GB"))
    await camera.look_at(reader, await code_on(phone))
    await _is_admitted(reader)
    await next_code(phone)
    code = await code_on(phone)
    await reader.get_by_role("button", name="Next").click()
    await camera.look_at(reader, code)
    await _is_refused_for_it_was_used(reader)


async def _reader_secret(town: Town) -> str:
    """Make a reader at the door of the pool."""
    lille, now = town.organisations["lille"], datetime.now(UTC)
    async with await connect(town.url, Role.ENJOY_PASS) as connection:
        _, secret = await make_reader(connection, lille, "pool", "door", "Entrée", actor="test", now=now)
        await connection.commit()
    return secret


def _questions_of(reader: Page) -> list[str]:
    """Listen to the numbers of the questions that a reader asks the server, each time that it asks."""
    asked: list[str] = []

    def hear(request: Request) -> None:
        if "validations" in request.url:
            asked.append(json.loads(request.post_data or "")["nonce"])

    reader.on("request", hear)
    return asked


async def _open_paired(counter: Device, reader: Page, secret: str) -> None:
    """Open the reader by its address with the secret, which does not stay there; wait for what reads photographs."""
    async with reader.expect_response("**/zxing_reader.wasm") as fetched:
        await counter.go(reader, f"desk/reader#secret={secret}&where=Piscine")
    await (await fetched.value).finished()
    await expect(reader.get_by_label("Code (douchette ou clavier)")).to_be_focused()
    assert "#" not in reader.url


async def _type_the_number_without_a_net(counter: Device, reader: Page) -> None:
    """Type the number of a card while nobody can be asked: nothing is said of it."""
    await counter.context.set_offline(True)
    await reader.keyboard.type(SERIAL)
    await reader.keyboard.press("Enter")
    await expect(reader.locator("#result")).to_have_attribute("data-state", "unknown")
    await expect(reader.locator("#result")).to_contain_text("Ce pass n’a pas été vérifié")
    await counter.context.set_offline(False)


async def _ask_again(reader: Page) -> None:
    """Ask again what nobody answered: a number alone is not proof enough."""
    await press_focused(reader.get_by_role("button", name="Réessayer"))
    await expect(reader.locator("#result")).to_have_attribute("data-state", "refused")
    await expect(reader.locator("#result")).to_contain_text("Montrer le pass sur le téléphone")


async def _read_a_photograph(reader: Page, code: bytes) -> None:
    photo = reader.locator("#photo")
    await photo.set_input_files({"name": "pass.png", "mimeType": "image/png", "buffer": code})
    await expect(reader.locator("#result")).to_have_attribute("data-state", "admitted")
    await expect(reader.locator("#result")).to_contain_text("Tarif : full")


async def test_au_guichet_sans_connexion_rien_n_est_dit_et_la_meme_question_est_posee_ensuite(
    pool: Town, devices: Devices
) -> None:
    devices.expect(NO_NET)
    phone = await open_passes(await devices.phone("fr-FR"))
    await add_pass(phone)
    code = await phone.locator("#canvas").screenshot()
    counter = await devices.phone("fr-FR")
    reader = await counter.context.new_page()
    asked = _questions_of(reader)
    await _open_paired(counter, reader, await _reader_secret(pool))
    await _type_the_number_without_a_net(counter, reader)
    await _ask_again(reader)
    assert len(asked) == 4
    assert len(set(asked)) == 1
    await reader.keyboard.press("Enter")
    await _read_a_photograph(reader, code)
    await reader.get_by_role("button", name="Oublier ce lecteur").click()
    await expect(reader.get_by_role("heading", name="Appairer ce lecteur")).to_be_visible()
