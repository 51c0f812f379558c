"""The secret of passes for routes: an installation without one offers no passes, which is no fault of anybody's."""

from typing import Annotated

from fastapi import Depends

from api.context import InContext
from core.errors import NotFoundError
from core.settings import Settings
from enjoy.passes.secret import PassSecret, secret_of


def offered_secret(settings: Settings) -> PassSecret:
    """Return the secret that the settings name.

    Raises
    ------
    NotFoundError
        ``passes_not_offered``.
    """
    if settings.pass_secret is None:
        raise NotFoundError("passes_not_offered", "This installation makes no passes.")
    return secret_of(settings)


async def _secret(context: InContext) -> PassSecret:
    return offered_secret(context.settings)


#: The secret that passes are kept under; 404 where there is none.
WithSecret = Annotated[PassSecret, Depends(_secret)]
