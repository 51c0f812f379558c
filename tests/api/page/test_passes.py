"""A holder makes a card account, joins the pool and shows the pass; the desk scans it; with no net it works as well."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import APIRequestContext, Browser, BrowserContext, Page, Request, async_playwright, expect

from core.settings import read_settings
from db.connection import Role, connect
from db.territory import load_communes
from enjoy.passes.doors import make_reader
from enjoy.passes.signing import published_keys
from enjoy.reader.presenting import Presented, read_presented
from enjoy.reader.reasons import Proof
from tests.api.conftest import PASS_SECRET
from tests.api.page.codes import Pixels, hold_before_camera, read_code, screen_of
from tests.api.page.conftest import ARGUMENTS
from tests.api.serving import served
from tests.db.village import COMMUNES, ask
from tests.enjoy.passes.town import RULE, Town, add_service

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(90)]
_PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 1.5}
_PASSPHRASE = "correct horse battery"  # noqa: S105 - of a test
_EVERYBODY = RULE | {"rights": []}
_KEY_READ_OUT = """async () => {
  const { kept } = await import('/static/enjoy/pass/keeping.js');
  const [pass] = await kept();
  return crypto.subtle.exportKey('pkcs8', pass.key.privateKey).then(() => 'read out', (error) => error.name);
}"""
#: Pages of other schemes have no cryptography to begin with.
_WITHOUT_KEYS = """if (crypto.subtle) {
  crypto.subtle.generateKey = async () => { throw new DOMException('', 'NotSupportedError'); };
}"""
_HALF_MINUTE = timedelta(seconds=30)


@dataclass
class Hall:
    """Hold what is served, and the browsers: of everybody, and one whose camera looks at a file."""

    town: Town
    address: str
    browser: Browser
    scanning: Browser
    video: Path
    said: list[str] = field(default_factory=list)

    async def phone(self, language: str, *, scans: bool = False) -> BrowserContext:
        """Return a phone of somebody; what its pages complain of is heard."""
        context = await (self.scanning if scans else self.browser).new_context(locale=language, **_PHONE)
        context.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        context.on("weberror", lambda problem: self.said.append(f"error: {problem.error}"))
        return context

    async def call(self, caller: APIRequestContext, path: str, body: dict[str, Any] | None = None) -> Any:
        """Post to the API with the cookies of a browser, as one of its pages would."""
        answer = await caller.post(f"{self.address}/enjoy/v1/{path}", data=body, headers={"Origin": self.address})
        assert answer.ok, await answer.text()
        return await answer.json()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scanning(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Browser, Path]]:
    video = tmp_path_factory.mktemp("camera") / "seen.y4m"
    camera = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={video}",
    ]
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium, args=[*ARGUMENTS, *camera])
        yield started, video
        await started.close()


@pytest_asyncio.fixture(loop_scope="module")
async def hall(browser: Browser, scanning: tuple[Browser, Path], database_url: str) -> AsyncIterator[Hall]:
    town = Town(database_url)
    add_service(town, "pool", proof="device", rules=(_EVERYBODY,))
    async with served(read_settings(api_port=0, pass_secret=PASS_SECRET), database_url) as address:
        standing = Hall(town, address, browser, *scanning)
        yield standing
    # A net that is not there is told by the browser as well; nothing else goes wrong, no policy is broken.
    assert [line for line in standing.said if line.startswith("error") and "ERR_INTERNET" not in line] == []


async def _is_as_wide_as_a_phone(page: Page) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth") == _PHONE["viewport"]["width"]


async def _reader_secret(hall: Hall) -> str:
    """Make a reader at the door of the pool."""
    async with await connect(hall.town.url, Role.ENJOY_PASS) as connection:
        made = await make_reader(
            connection,
            hall.town.organisations["lille"],
            "pool",
            "door",
            "Entrée",
            actor="test",
            now=datetime.now(UTC),
        )
        await connection.commit()
    return made[1]


async def _add_pass(page: Page) -> None:
    await page.get_by_role("button", name="Ajouter à ce téléphone").click()
    await expect(page.get_by_text("Le passe Pool est sur ce téléphone.")).to_be_visible()


async def _sit_down(hall: Hall, context: BrowserContext) -> Page:
    """Sign in as somebody of the town, and open the page of desks."""
    await hall.call(context.request, "account", {"email": "ada@lille.test", "passphrase": _PASSPHRASE})
    ask(
        hall.town.url,
        "INSERT INTO catalogue.member (organisation_id, account_id, role)"
        " SELECT %s, account_id, 'owner' FROM catalogue.account WHERE email = 'ada@lille.test'",
        hall.town.organisations["lille"],
    )
    page = await context.new_page()
    await page.goto(f"{hall.address}/enjoy/desk")
    return page


async def _open_card(hall: Hall, context: BrowserContext) -> Page:
    """Make an anonymous card account, link a card, join the pool, and open the page of passes."""
    await hall.call(context.request, "card", {})
    await hall.call(context.request, "card/services", {"service": "pool"})
    await hall.call(context.request, "card/media", {"kind": "card", "serial": "0025 0000 1234567890"})
    page = await context.new_page()
    await page.goto(f"{hall.address}/enjoy/pass")
    return page


async def _press_until(page: Page, name: str) -> None:
    """Go on by the tab key until something of a name has the focus."""
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.textContent.trim()") == name:
            return
    pytest.fail(f"the keyboard does not lead to {name!r}")


async def _code(hall: Hall, page: Page) -> Pixels:
    """Return the picture of the code that a phone shows."""
    await expect(page.locator("#canvas[data-step]")).to_be_visible()
    blank = await hall.browser.new_page()
    try:
        return await screen_of(page, blank, "#canvas")
    finally:
        await blank.close()


async def _next_code(page: Page) -> None:
    """Let half a minute go by on the phone."""
    before = await page.locator("#canvas").get_attribute("data-step")
    await page.clock.set_fixed_time(datetime.now(UTC) + _HALF_MINUTE)
    await expect(page.locator("#canvas")).not_to_have_attribute("data-step", before or "")


async def test_the_desk_pairs_a_phone_and_admits_a_pass_once(hall: Hall) -> None:
    desk, holder, counter = await hall.phone("en-GB"), await hall.phone("en-GB"), await hall.phone("en-GB", scans=True)
    at_desk = await _sit_down(hall, desk)
    await expect(at_desk.get_by_role("heading", name="Pool")).to_be_visible()
    await expect(at_desk.locator("#rules")).to_contain_text(
        "everybody · all venues · 1 a day · at any time · price full"
    )
    await at_desk.get_by_text("Pair a reader").click()
    await at_desk.get_by_label("Name of the reader").fill("Gate")
    await at_desk.get_by_role("button", name="Make").click()
    await expect(at_desk.get_by_role("img", name="Pairing code of the reader Gate")).to_be_visible()
    await _is_as_wide_as_a_phone(at_desk)
    blank = await hall.browser.new_page()
    pairing = await screen_of(at_desk, blank, "#pairing-code")
    assert read_code(pairing).startswith(f"{hall.address}/enjoy/desk/reader#secret=somel_reader_")

    reader = await counter.new_page()
    await reader.goto(f"{hall.address}/enjoy/desk/reader")
    hold_before_camera(pairing, hall.video)
    await reader.get_by_role("button", name="Start the camera").click()
    await expect(reader.get_by_text("Reader paired.")).to_be_visible()
    await expect(reader.get_by_role("heading", name="Pass reader")).to_contain_text("Pool · Door")
    await reader.get_by_role("button", name="Stop the camera").click()

    phone = await _open_card(hall, holder)
    await _press_until(phone, "Add to this phone")
    await phone.keyboard.press("Enter")
    await expect(phone.get_by_text("The pass Pool is on this phone.")).to_be_visible()
    await expect(phone.get_by_role("button", name="Enlarge")).to_be_focused()
    await phone.keyboard.press("Enter")
    await _is_as_wide_as_a_phone(phone)

    hold_before_camera(await _code(hall, phone), hall.video)
    await reader.get_by_role("button", name="Start the camera").click()
    verdict = reader.locator("#result")
    await expect(verdict).to_have_attribute("data-state", "admitted")
    await expect(verdict).to_contain_text("Admitted")
    await expect(verdict).to_contain_text("Price: full")
    await _is_as_wide_as_a_phone(reader)
    await reader.get_by_role("button", name="Stop the camera").click()
    await _next_code(phone)
    hold_before_camera(await _code(hall, phone), hall.video)
    await reader.get_by_role("button", name="Next").click()
    await reader.get_by_role("button", name="Start the camera").click()
    await expect(verdict).to_have_attribute("data-state", "refused")
    await expect(verdict).to_contain_text("Entries used up")
    await expect(reader.locator("#last li")).to_have_count(2)
    for context in (desk, holder, counter):
        await context.close()
    await blank.close()


async def test_sans_reseau_le_code_change_encore_et_un_lecteur_l_accepte(hall: Hall) -> None:
    holder = await hall.phone("fr-FR")
    phone = await _open_card(hall, holder)
    await expect(phone.get_by_role("heading", name="Aucun passe sur ce téléphone")).to_be_visible()
    await _add_pass(phone)
    await phone.wait_for_function("caches.match('/enjoy/pass')")
    async with await connect(hall.town.url, Role.ENJOY_PASS) as connection:
        keys = await published_keys(connection, datetime.now(UTC))
    await holder.set_offline(True)
    await phone.reload()
    await expect(phone.get_by_text("Pas de réseau : vos passes marchent quand même.")).to_be_visible()
    shown = read_presented(read_code(await _code(hall, phone)), keys, datetime.now(UTC))
    assert isinstance(shown, Presented), shown
    assert (shown.proof, shown.token.service) == (Proof.DEVICE, "pool")
    await _next_code(phone)
    later = read_presented(read_code(await _code(hall, phone)), keys, datetime.now(UTC))
    assert isinstance(later, Presented), later
    assert (later.digest, later.step) == (shown.digest, (shown.step or 0) + 1)
    assert await phone.evaluate(_KEY_READ_OUT) == "InvalidAccessError"
    await phone.close()
    await holder.set_offline(False)

    media = await (await holder.request.get(f"{hall.address}/enjoy/v1/card/media")).json()
    [lost] = [one["medium"] for one in media if one["kind"] == "phone"]
    await hall.call(holder.request, f"card/media/{lost}/lost")
    again = await holder.new_page()
    await again.goto(f"{hall.address}/enjoy/pass")
    await expect(again.locator("#withdrawn")).to_contain_text("Ce passe a été retiré")
    await expect(again.locator("#canvas")).to_be_hidden()
    await hall.call(holder.request, f"card/media/{lost}/found")
    await again.reload()
    await expect(again.locator("#canvas[data-step]")).to_be_visible()
    await again.get_by_role("button", name="Supprimer de ce téléphone").click()
    await expect(again.get_by_text("Le passe a été supprimé de ce téléphone.")).to_be_visible()
    await holder.close()


async def test_an_old_browser_is_told_so_and_sent_to_paper(hall: Hall) -> None:
    holder = await hall.phone("en-GB")
    await holder.add_init_script(_WITHOUT_KEYS)
    phone = await _open_card(hall, holder)
    await expect(phone.get_by_text("This browser cannot keep a safe key")).to_be_visible()
    await expect(phone.locator("#old a")).to_have_attribute("href", "/enjoy/card")
    await expect(phone.locator("#add")).to_be_hidden()
    await holder.close()


async def test_au_guichet_sans_connexion_rien_n_est_dit_et_la_meme_question_est_posee_ensuite(hall: Hall) -> None:
    holder, counter = await hall.phone("fr-FR"), await hall.phone("fr-FR")
    phone = await _open_card(hall, holder)
    await _add_pass(phone)
    code = await phone.locator("#canvas").screenshot()
    reader = await counter.new_page()
    asked: list[str] = []

    def hear(request: Request) -> None:
        if "validations" in request.url:
            asked.append(json.loads(request.post_data or "")["nonce"])

    reader.on("request", hear)
    async with reader.expect_response("**/zxing_reader.wasm") as fetched:
        await reader.goto(f"{hall.address}/enjoy/desk/reader#secret={await _reader_secret(hall)}&where=Piscine")
    await (await fetched.value).finished()
    await expect(reader.get_by_label("Code (douchette ou clavier)")).to_be_focused()
    assert "#" not in reader.url
    await counter.set_offline(True)
    await reader.keyboard.type("0025 0000 1234567890")
    await reader.keyboard.press("Enter")
    verdict = reader.locator("#result")
    await expect(verdict).to_have_attribute("data-state", "unknown")
    await expect(verdict).to_contain_text("Ce passe n’a pas été vérifié")
    await counter.set_offline(False)
    await expect(reader.get_by_role("button", name="Réessayer")).to_be_focused()
    await reader.keyboard.press("Enter")
    await expect(verdict).to_have_attribute("data-state", "refused")
    await expect(verdict).to_contain_text("Montrer le passe sur le téléphone")
    assert len(asked) == 4
    assert len(set(asked)) == 1
    await reader.keyboard.press("Enter")
    await reader.locator("#photo").set_input_files({"name": "passe.png", "mimeType": "image/png", "buffer": code})
    await expect(verdict).to_have_attribute("data-state", "admitted")
    await expect(verdict).to_contain_text("Tarif : full")
    await reader.get_by_role("button", name="Oublier ce lecteur").click()
    await expect(reader.get_by_role("heading", name="Appairer ce lecteur")).to_be_visible()
    await holder.close()
    await counter.close()


async def test_le_guichet_constate_un_domicile_et_le_titulaire_a_le_droit(hall: Hall) -> None:
    async with await connect(hall.town.url, None) as connection:
        await load_communes(connection, COMMUNES)
        await connection.commit()
    desk, holder = await hall.phone("fr-FR"), await hall.phone("fr-FR")
    await _open_card(hall, holder)
    shown = await hall.call(holder.request, "card/desk-code")
    page = await _sit_down(hall, desk)
    await page.get_by_label("Code du titulaire").fill(shown["code"])
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Un titulaire est devant vous, pour 10 minutes.")).to_be_visible()
    await expect(page.locator("#evidence li").first).to_contain_text("jamais vu, ou périmé")
    form = page.locator("#record")
    await form.get_by_role("combobox", name="Document").select_option("rent_receipt")
    await form.locator("[name=insee_code]").select_option(label="Lille")
    await page.get_by_role("button", name="Enregistrer").click()
    await expect(page.get_by_text("C’est noté : Domicile. Ses droits sont à jour.")).to_be_visible()
    await expect(page.locator("#evidence")).to_contain_text("déjà vu")
    await page.get_by_role("button", name="Terminer").click()
    await expect(page.get_by_label("Code du titulaire")).to_be_focused()
    await _is_as_wide_as_a_phone(page)
    held = await (await holder.request.get(f"{hall.address}/enjoy/v1/card/rights")).json()
    assert {right["title"]: right["holds"] for right in held["rights"]} == {"Resident": True, "Child": False}
    await desk.close()
    await holder.close()


_WHEN = (
    "Under 26 · Reading room · 2 a week · Mon–Fri from 09:30 to 18:00 · from 1 Dec 2026 on · until 31 Dec 2026"
    " · 15 min between two entries · phones only · price freeEnd"
)


async def _say_when(page: Page) -> None:
    """Fill in where a rule holds, on which days and at which hours, and the least proof."""
    form = page.locator("#new-rule")
    await form.get_by_label("Reading room").check()
    await form.get_by_role("button", name="Add hours").press("Enter")
    await expect(form.get_by_label("Mon", exact=True)).to_be_focused()
    for day in ("Sat", "Sun"):
        await form.get_by_label(day, exact=True).uncheck()
    await form.get_by_label("From", exact=True).fill("09:30")
    await form.get_by_label("To", exact=True).fill("18:00")
    await form.get_by_label("First day").fill("2026-12-01")
    await form.get_by_label("Last day").fill("2026-12-31")
    await form.get_by_label("Pause in minutes").fill("15")
    await form.locator("[name=proof]").select_option(label="Phone, code that changes")


async def _change_and_shut(page: Page) -> None:
    """Say anew what the service is, close it to new holders, close its venue and open it again."""
    await page.get_by_text("Change the service").press("Enter")
    form = page.locator("#change-service")
    await expect(form.get_by_label("Title")).to_have_value("Library <b>of Lille</b>")
    await form.get_by_label("Title").fill("Library of Lille")
    await form.get_by_label("Description").fill("Books and records.")
    await form.get_by_label("Open: holders may join").uncheck()
    await form.get_by_role("button", name="Save changes").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    await expect(page.get_by_role("heading", name="Library of Lille")).to_be_visible()
    await expect(page.locator("#service-lead")).to_have_text("Books and records. · Signed code, on paper too · closed")
    await page.get_by_role("button", name="Close Reading room").click()
    await expect(page.locator("#venues")).to_contain_text("closed")
    await expect(page.get_by_role("button", name="Reopen Reading room")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Reading room takes passes.")).to_be_visible()
    await _is_as_wide_as_a_phone(page)


async def test_an_owner_declares_a_library_by_the_page_and_ends_a_rule(hall: Hall) -> None:
    desk = await hall.phone("en-GB")
    page = await _sit_down(hall, desk)
    await expect(page.get_by_role("heading", name="Pool")).to_be_visible()
    await page.get_by_text("Declare a service").press("Enter")
    form = page.locator("#new-service")
    await form.get_by_label("Name in addresses").fill("library")
    await form.get_by_label("Title").fill("Library <b>of Lille</b>")
    await form.get_by_label("Proof asked for").select_option(label="Signed code, on paper too")
    await form.get_by_role("button", name="Declare").click()
    await expect(page.get_by_role("heading", name="Library <b>of Lille</b>")).to_be_visible()
    await page.get_by_text("Add a venue").press("Enter")
    form = page.locator("#new-venue")
    await form.get_by_label("Name in addresses").fill("reading")
    await form.get_by_label("Title").fill("Reading room")
    await form.get_by_role("button", name="Add").click()
    await expect(page.locator("#venues")).to_contain_text("Reading room")
    await page.get_by_text("Add a right").press("Enter")
    form = page.locator("#new-right")
    await form.get_by_label("Code of the right").fill("young")
    await form.get_by_label("Title").fill("Under 26")
    await form.get_by_label("Who has it").select_option("age_below")
    await form.get_by_label("Number").fill("26")
    await form.get_by_role("button", name="Add").click()
    await expect(page.locator("#rights")).to_contain_text("Under 26")
    await page.get_by_text("Add a rule").press("Enter")
    form = page.locator("#new-rule")
    await form.get_by_label("Under 26").check()
    await form.get_by_label("Entries").fill("2")
    await form.locator("[name=per]").select_option("week")
    await form.get_by_label("Price class").fill("free")
    await _say_when(page)
    await form.get_by_role("button", name="Add", exact=True).click()
    rule = page.locator("#rules li")
    await expect(rule).to_have_text(_WHEN)
    await _change_and_shut(page)
    for shown in ("#figures", "#flags", "#readers"):
        await expect(page.locator(shown)).to_have_text("Nothing yet.")
    await rule.get_by_role("button", name="End").click()
    await expect(page.get_by_text("The rule has ended.")).to_be_visible()
    await expect(page.locator("#rules")).to_have_text("Nothing yet.")
    await desk.close()
