"""Certificates for gateways; whoever asks shows a one-time code or a certificate, and so needs no token."""

from http import HTTPStatus

from fastapi import APIRouter

from api.context import Context, InContext, Writing
from api.models import enrolment as told
from core.clock import WALL_CLOCK
from core.errors import NotFoundError
from edge.authority import CHAIN, Authority
from edge.enrolment import Enrolled, enrol, renew

router = APIRouter(prefix="/enrolment", tags=["enrolment"])


def _authority(context: Context) -> Authority:
    folder = context.settings.edge_dir
    if folder is None or not (folder / CHAIN).exists():
        raise NotFoundError("enrolment_off", "This installation issues no certificates; see `somel pki init`.")
    return Authority.open(folder, WALL_CLOCK.now())


def _told(enrolled: Enrolled) -> told.Enrolled:
    return told.Enrolled(certificate=enrolled.certificate, chain=enrolled.chain, expires_at=enrolled.expires_at)


@router.post("", status_code=HTTPStatus.CREATED)
async def post_enrolment(context: InContext, connection: Writing, body: told.FirstRequest) -> told.Enrolled:
    """Issue a gateway's first certificate for its one-time code; every refusal reads the same."""
    enrolled = await enrol(
        connection,
        _authority(context),
        gateway_name=body.gateway,
        code=body.code.get_secret_value(),
        request=body.request,
        now=WALL_CLOCK.now(),
        days=context.settings.certificate_days,
    )
    return _told(enrolled)


@router.post("/renewal", status_code=HTTPStatus.CREATED)
async def post_renewal(context: InContext, connection: Writing, body: told.Renewal) -> told.Enrolled:
    """Issue a gateway's next certificate on the word of its present one; every refusal reads the same."""
    enrolled = await renew(
        connection,
        _authority(context),
        certificate=body.certificate,
        request=body.request,
        signature=body.signature,
        now=WALL_CLOCK.now(),
        days=context.settings.certificate_days,
    )
    return _told(enrolled)
