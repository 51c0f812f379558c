"""The secret of passes for routes: an installation without one offers no passes, which is no fault of anybody's."""

from typing import Annotated

from fastapi import Depends

from api.context import InContext
from core.errors import NotFoundError
from enjoy.passes.secret import PassSecret, secret_of


async def _secret(context: InContext) -> PassSecret:
    """Return the secret.

    Raises
    ------
    NotFoundError
        ``passes_not_offered``.
    """
    if context.settings.pass_secret is None:
        raise NotFoundError("passes_not_offered", "This installation makes no passes.")
    return secret_of(context.settings)


#: The secret that passes are kept under; 404 where there is none.
WithSecret = Annotated[PassSecret, Depends(_secret)]
