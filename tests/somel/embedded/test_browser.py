"""A browser that really draws."""

import base64
import os
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from core.settings import Settings
from somel.embedded.browser import ensure_browser
from somel.embedded.bundle import Bundle
from somel.embedded.places import Places
from somel.embedded.recipe import BROWSER

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><meta charset="utf-8"><title>Réseau</title>
<body style="margin:0;background:#fff;font:60px sans-serif"><span id="thin">iiii</span> <span id="wide">MMMM</span>"""
WIDTH = "element => element.getBoundingClientRect().width"
DARK_PIXELS = """async url => {
  const picture = new Image(); picture.src = url; await picture.decode();
  const canvas = new OffscreenCanvas(picture.width, picture.height), pen = canvas.getContext('2d');
  pen.drawImage(picture, 0, 0);
  const pixels = pen.getImageData(0, 0, picture.width, picture.height).data;
  let dark = 0;
  for (let at = 0; at < pixels.length; at += 4) dark += pixels[at] < 64 && pixels[at + 1] < 64 && pixels[at + 2] < 64;
  return dark;
}"""


async def _draws_text(program: Path) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(program))
        page = await browser.new_page(viewport={"width": 600, "height": 100})
        await page.set_content(PAGE)
        thin, wide = [await page.locator(name).evaluate(WIDTH) for name in ("#thin", "#wide")]
        picture = base64.b64encode(await page.screenshot()).decode()
        dark = await page.evaluate(DARK_PIXELS, f"data:image/png;base64,{picture}")
        await browser.close()
    assert 0 < thin < wide / 2
    assert 500 < dark < 20_000


async def test_the_browser_at_hand_draws_text(browser_program: Path) -> None:
    await _draws_text(browser_program)


async def test_the_private_browser_draws_text(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    places = Places.from_environment()
    if not (Bundle(BROWSER, places.cache).is_ready or settings.require_all):
        pytest.skip("the private browser is not in the cache; set SOMEL_REQUIRE_ALL=1 to fetch it (130 MB)")
    _hide_browsers(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    launcher = ensure_browser(places)

    assert launcher.is_relative_to(places.cache)
    await _draws_text(launcher)


def _hide_browsers(folder: Path) -> None:
    """Fill a folder with links to every program on the PATH that is not a browser."""
    for part in map(Path, os.get_exec_path()):
        for program in part.iterdir() if os.access(part, os.R_OK | os.X_OK) else ():
            link = folder / program.name
            if not (link.is_symlink() or "chrom" in program.name):
                link.symlink_to(program)
