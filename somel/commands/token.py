"""``somel token``: who may use the API."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from core.settings import read_settings
from somel.servers import servers

app = typer.Typer(no_args_is_help=True, help="Access tokens of the API.")


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Whose it is")],
    scope: Annotated[list[str] | None, typer.Option("--scope", help="What it may do; may be repeated")] = None,
    days: Annotated[int, typer.Option("--days", min=1, help="Days until it expires")] = 365,
) -> None:
    """Make a token and print it, once: only its hash is kept."""
    from somel.tokens import make_token

    expires_at = datetime.now(UTC) + timedelta(days=days)
    _, secret = asyncio.run(make_token(_database(), name, scope or ["read:grid", "read:ingest"], expires_at))
    typer.echo(secret)


@app.command("list")
def show() -> None:
    """List the tokens; their secrets are not known."""
    from somel.tokens import read_tokens

    tokens = asyncio.run(read_tokens(_database()))
    for token in tokens:
        state = "revoked" if token.revoked_at else f"until {token.expires_at or 'revoked'}"
        typer.echo(f"{token.access_token_id:>4}  {token.name:<24} {' '.join(token.scopes):<40} {state}")
    if not tokens:
        typer.echo("no tokens yet: make one with `somel token create NAME`")


@app.command()
def revoke(token_id: Annotated[int, typer.Argument(help="Its number in `somel token list`")]) -> None:
    """Revoke a token; it is refused from now on."""
    from somel.tokens import end_token

    asyncio.run(end_token(_database(), token_id))
    typer.echo(f"token {token_id} is revoked")


def _database() -> str:
    return servers(read_settings()).database_url
