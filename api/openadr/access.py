"""Who calls the VTN and what their token may do: scopes by operation as the specification has them."""

from typing import Annotated, Any, Final

from fastapi import Depends, Request, Security
from fastapi.openapi.models import OAuthFlowClientCredentials, OAuthFlows
from fastapi.security import HTTPBearer, OAuth2, SecurityScopes

from api.context import Context, context_of
from core.errors import ForbiddenError, UnauthenticatedError
from db.connection import borrow
from db.openadr_clients import Bearer, bearer_of
from grid.openadr.nouns import Role
from grid.openadr.privacy import Viewer

TOKEN_PATH: Final = "/auth/token"  # noqa: S105 - an address
_LONGEST_TOKEN: Final = 4_096
_SCOPES: Final = {
    "read_all": "Every client may read this; of objects, business logic may read all",
    "read_bl": "Business logic may read this",
    "read_targets": "VENs may read programs and events without targets, or with targets that they were granted",
    "read_ven_objects": "VENs may read the objects of their own client",
    "write_programs": "Business logic may write programs",
    "write_events": "Business logic may write events",
    "write_reports": "VENs may write reports",
    "write_subscriptions": "Clients may write subscriptions",
    "write_vens": "Clients may write VENs and resources",
}
#: For the document; the header itself is read in `viewer_of`, which must also see one that is malformed.
_OAUTH: Final = OAuth2(
    flows=OAuthFlows(clientCredentials=OAuthFlowClientCredentials(tokenUrl="auth/token", scopes=_SCOPES)),
    scheme_name="oAuth2ClientCredentials",
    auto_error=False,
)
_BEARER: Final = HTTPBearer(scheme_name="bearerAuth", auto_error=False)


async def viewer_of(
    request: Request,
    scopes: SecurityScopes,
    _oauth: Annotated[Any, Depends(_OAUTH)] = None,
    _bearer: Annotated[Any, Depends(_BEARER)] = None,
) -> Viewer:
    """Return who sent a request, which their token must allow.

    Raises
    ------
    UnauthenticatedError
        ``token_missing``, ``token_malformed`` or ``token_not_valid``.
    ForbiddenError
        ``scope_missing``.
    """
    bearer = await _find(context_of(request), _token_of(request))
    missing = [scope for scope in scopes.scopes if not _may(bearer, scope)]
    if missing:
        raise ForbiddenError("scope_missing", f"The token lacks the scope {missing[0]}.", scope=missing[0])
    return Viewer(Role(bearer.role), bearer.client_id, frozenset(bearer.granted), bearer.ven_id)


def _may(bearer: Bearer, scope: str) -> bool:
    reads_all = bearer.role == Role.BL and "read_all" in bearer.scopes and scope.startswith("read_")
    return scope in bearer.scopes or reads_all


def _token_of(request: Request) -> str:
    header = request.headers.get("authorization")
    if header is None:
        raise UnauthenticatedError("token_missing", "A token is needed: send `Authorization: Bearer <token>`.")
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise UnauthenticatedError("token_malformed", "The Authorization header must be `Bearer <token>`.")
    return token.strip()


async def _find(context: Context, token: str) -> Bearer:
    if len(token) <= _LONGEST_TOKEN:
        async with borrow(context.readers) as connection:
            bearer = await bearer_of(connection, token)
        if bearer is not None:
            return bearer
    raise UnauthenticatedError("token_not_valid", "The token is not valid: it is unknown or has ended.")


#: Viewers whose token has the scope that the specification asks of an operation.
AnyReader = Annotated[Viewer, Security(viewer_of, scopes=["read_all"])]
BusinessReader = Annotated[Viewer, Security(viewer_of, scopes=["read_bl"])]
TargetReader = Annotated[Viewer, Security(viewer_of, scopes=["read_targets"])]
OwnReader = Annotated[Viewer, Security(viewer_of, scopes=["read_ven_objects"])]
ProgramWriter = Annotated[Viewer, Security(viewer_of, scopes=["write_programs"])]
EventWriter = Annotated[Viewer, Security(viewer_of, scopes=["write_events"])]
ReportWriter = Annotated[Viewer, Security(viewer_of, scopes=["write_reports"])]
SubscriptionWriter = Annotated[Viewer, Security(viewer_of, scopes=["write_subscriptions"])]
VenWriter = Annotated[Viewer, Security(viewer_of, scopes=["write_vens"])]
