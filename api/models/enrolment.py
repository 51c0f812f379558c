"""How a gateway asks for a certificate."""

from typing import Annotated

from pydantic import Base64Bytes, Field, SecretStr

from api.models.fields import Instant, Model

_REQUEST = "-----BEGIN CERTIFICATE REQUEST-----\n…"
_CERTIFICATE = "-----BEGIN CERTIFICATE-----\n…"

Request = Annotated[
    str, Field(min_length=1, max_length=16_384, description="Signing request (PKCS 10), PEM", examples=[_REQUEST])
]
Certificate = Annotated[str, Field(min_length=1, max_length=16_384, examples=[_CERTIFICATE])]


class FirstRequest(Model):
    """Ask for a gateway's first certificate, with its one-time code."""

    gateway: Annotated[str, Field(min_length=1, max_length=64, examples=["gw-0001"])]
    code: Annotated[SecretStr, Field(min_length=1, max_length=64, examples=["ABCD-EFGH-IJKL-MNOP-QRST-UVWX"])]
    request: Request


class Renewal(Model):
    """Ask for a gateway's next certificate, on the word of its present one."""

    certificate: Annotated[Certificate, Field(description="The present certificate, still valid, PEM")]
    request: Request
    signature: Annotated[
        Base64Bytes,
        Field(
            max_length=4_096,
            description="Over the request in DER, by the present key: ECDSA or RSA PKCS 1 v1.5, SHA-256; Ed25519",
            examples=["MEUCIQ=="],
        ),
    ]


class Enrolled(Model):
    """A certificate that was issued."""

    certificate: Annotated[Certificate, Field(description="The gateway's certificate, PEM")]
    chain: Annotated[Certificate, Field(description="The authorities above it, PEM: the issuing one, then the root")]
    expires_at: Instant
