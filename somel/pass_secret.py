"""The secret of passes where the settings name none: one of this account, kept beside the servers' data."""

import secrets
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from core.errors import ConfigurationError
from core.settings import Settings
from somel.embedded.places import Places

_FILE: Final = "pass-secret"
_BYTES: Final = 32


def with_pass_secret(settings: Settings) -> Settings:
    """Return the settings with a secret of passes; where the database is somebody's own, only they can name one."""
    if settings.pass_secret is not None or settings.database_url is not None:
        return settings
    return settings.model_copy(update={"pass_secret": SecretStr(kept_secret())})


def kept_secret() -> str:
    """Return the secret of this account, made at the first call.

    Raises
    ------
    ConfigurationError
        ``pass_secret_unreadable``.
    """
    path = Places.from_environment().state / _FILE
    try:
        return _read(path) or _made(path)
    except OSError as error:
        raise ConfigurationError("pass_secret_unreadable", f"{path} cannot be kept: {error}.") from error


def _read(path: Path) -> str:
    return path.read_text(encoding="ascii").strip() if path.exists() else ""


def _made(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{_FILE}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_urlsafe(_BYTES) + "\n", encoding="ascii")
    try:
        path.hardlink_to(draft)  # whoever comes second finds that of the first
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return _read(path)
