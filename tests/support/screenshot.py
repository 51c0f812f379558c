"""Take the picture of the README from a running demo: ``python -m tests.support.screenshot 'http://…/#token=…'``."""

import sys

from playwright.sync_api import sync_playwright

from somel.embedded.browser import ensure_browser
from somel.embedded.places import Places
from tests.support.documentation import ROOT

PICTURE = ROOT / "docs" / "images" / "page.png"


def main(address: str) -> None:
    """Sign in at `address`, wait until everything is drawn, and keep what a visitor sees."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(ensure_browser(Places.from_environment())), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 1180}, locale="fr-FR")
        page.goto(address)
        page.wait_for_selector("canvas", state="visible")
        page.wait_for_timeout(3_000)
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
