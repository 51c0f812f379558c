"""What pages say in the console of the browser, and which errors nobody caught in them."""

from collections.abc import Iterable

from playwright.async_api import BrowserContext, ConsoleMessage, WebError

#: What a browser says by itself of a net that is not there.
NO_NET = "ERR_INTERNET"


def refused(status: int) -> str:
    """Return what a browser says by itself of an answer that refuses what was asked."""
    return f"status of {status}"


def hear(context: BrowserContext, said: list[str]) -> None:
    """Write down whatever the pages of a browser say from now on."""

    def note(message: ConsoleMessage) -> None:
        said.append(f"{message.type}: {message.text}")

    def note_error(problem: WebError) -> None:
        said.append(f"error: {problem.error}")

    context.on("console", note)
    context.on("weberror", note_error)


def complaints(said: Iterable[str], *expected: str) -> list[str]:
    """Return the errors and warnings in which none of the expected words is."""
    loud = (line for line in said if line.startswith(("error", "warning")))
    return [line for line in loud if not any(words in line for words in expected)]
