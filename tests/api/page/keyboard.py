"""What somebody does without a mouse."""

from playwright.async_api import Locator, Page, expect

#: How often somebody presses the tab key before giving up.
_PATIENCE = 40
_HAS_FOCUS = "(them) => them.includes(document.activeElement)"


async def tab_to(wanted: Locator) -> None:
    """Go on by the tab key alone until what is wanted, or one of several, has the focus."""
    for _ in range(_PATIENCE):
        if await wanted.evaluate_all(_HAS_FOCUS):
            return
        await wanted.page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not lead to {wanted}")


async def press(page: Page, name: str) -> None:
    """Press a button of a name, or the first of several, once it can be pressed."""
    button = page.get_by_role("button", name=name, exact=True).first
    await expect(button).to_be_enabled()
    await button.focus()
    await page.keyboard.press("Enter")


async def press_focused(wanted: Locator) -> None:
    """Press a button, or follow a link, to which the page itself has led."""
    await expect(wanted).to_be_focused()
    await wanted.page.keyboard.press("Enter")
