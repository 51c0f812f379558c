"""How clients are notified, and under which topics."""

from typing import Annotated, Literal

from pydantic import Field

from api.openadr.models.fields import Body


class Anonymous(Body):
    """Nobody has to say who they are."""

    method: Literal["ANONYMOUS"] = "ANONYMOUS"


class Oauth2BearerToken(Body):
    """The access token is the password."""

    method: Literal["OAUTH2_BEARER_TOKEN"] = "OAUTH2_BEARER_TOKEN"
    username: str


class Certificate(Body):
    """Clients have certificates, here in PEM."""

    method: Literal["CERTIFICATE"] = "CERTIFICATE"
    ca_cert: str
    client_cert: str
    client_key: str


class MqttNotifier(Body):
    """The broker, and how to be let in."""

    uris: Annotated[list[str], Field(alias="URIS", examples=[["mqtts://broker.example.org:8883"]])]
    serialization: Literal["JSON"] = "JSON"
    authentication: Annotated[Anonymous | Oauth2BearerToken | Certificate, Field(discriminator="method")]


class Notifiers(Body):
    """The notifiers that there are."""

    webhook: Annotated[Literal[True], Field(alias="WEBHOOK")] = True
    mqtt: Annotated[MqttNotifier | None, Field(alias="MQTT")] = None


class OperationTopics(Body):
    """The topic of each operation, and the filter of all."""

    create: Annotated[str, Field(alias="CREATE", examples=["openadr3/3.1.0/bl/programs/create"])]
    update: Annotated[str, Field(alias="UPDATE", examples=["openadr3/3.1.0/bl/programs/update"])]
    delete: Annotated[str, Field(alias="DELETE", examples=["openadr3/3.1.0/bl/programs/delete"])]
    all: Annotated[str, Field(alias="ALL", examples=["openadr3/3.1.0/bl/programs/+"])]


class TopicsAnswer(Body):
    """The topics that were asked for."""

    topics: OperationTopics
