"""Clients, objects and changes of a VTN, written as plain SQL so that they owe nothing to the code under test."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import psycopg

_CLIENT = (
    "INSERT INTO openadr_client (client_id, name, secret_sha256, role, scopes) VALUES (%s, %s, %s, %s, '{read_all}')"
)
_OBJECT = """
INSERT INTO openadr_object
    (object_id, object_type, created_at, modified_at, client_id, name, program_id, ven_id, targets, content)
VALUES (%s, %s, now(), now(), %s, %s, %s, %s, %s, %s)
"""
_CHANGE = """
INSERT INTO openadr_change
    (changed_at, operation, object_type, object_id, object, client_id, ven_id, program_id, targets, program_targets)
VALUES (now(), %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING openadr_change_id
"""


@dataclass
class Vtn:
    """The tables of a VTN."""

    connection: psycopg.Connection[Any]

    def rows(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        cursor = self.connection.execute(query, parameters)
        return cursor.fetchall() if cursor.description else []

    def value(self, query: str, parameters: Sequence[object] = ()) -> Any:
        return self.rows(query, parameters)[0][0]

    def client(self, client_id: str, role: str = "ven") -> None:
        self.rows(_CLIENT, [client_id, client_id, client_id.encode().ljust(32)[:32], role])

    def ven(self, client_id: str, targets: Sequence[str] = (), resource_targets: Sequence[str] = ()) -> str:
        """Make a client with its VEN, and a resource; return the VEN's identity."""
        self.client(client_id)
        ven_id = f"id-{client_id}"
        self.add(ven_id, "VEN", client_id=client_id, name=client_id, targets=targets)
        self.add(f"r-{client_id}", "RESOURCE", client_id=client_id, name="r", ven_id=ven_id, targets=resource_targets)
        return ven_id

    def add(
        self,
        object_id: str,
        object_type: str,
        *,
        client_id: str | None = None,
        name: str | None = None,
        program_id: str | None = None,
        ven_id: str | None = None,
        targets: Sequence[str] = (),
        content: object = None,
    ) -> None:
        text = json.dumps(content or {})
        self.rows(_OBJECT, [object_id, object_type, client_id, name, program_id, ven_id, list(targets), text])

    def subscribe(
        self,
        client_id: str,
        *callback_urls: str,
        objects: Sequence[str] = ("EVENT",),
        operations: Sequence[str] = ("CREATE", "UPDATE", "DELETE"),
        targets: Sequence[str] = (),
        program_id: str | None = None,
        token: str | None = "token",  # noqa: S107 - of a test
    ) -> str:
        """Make a subscription; return its identity."""
        subscription_id = str(uuid4())
        wanted = [
            {"objects": list(objects), "operations": list(operations), "callbackUrl": url, "bearerToken": token}
            for url in callback_urls
        ]
        self.add(
            subscription_id,
            "SUBSCRIPTION",
            client_id=client_id,
            program_id=program_id,
            targets=targets,
            content={"objectOperations": wanted},
        )
        return subscription_id

    def change(
        self,
        object_id: str,
        object_type: str = "EVENT",
        operation: str = "UPDATE",
        *,
        client_id: str | None = None,
        ven_id: str | None = None,
        program_id: str | None = "p",
        targets: Sequence[str] = (),
        program_targets: Sequence[str] = (),
        **facts: object,
    ) -> int:
        """Write down that an object was changed; return the change's key."""
        told = {"id": object_id, "objectType": object_type, **({"targets": list(targets)} if targets else {}), **facts}
        parameters = [operation, object_type, object_id, json.dumps(told), client_id, ven_id, program_id]
        key: int = self.value(_CHANGE, [*parameters, list(targets), list(program_targets)])
        return key


@contextmanager
def opened(url: str, *, autocommit: bool = True) -> Iterator[Vtn]:
    """Open the tables; without autocommit, what is done inside is one transaction."""
    with psycopg.connect(url, autocommit=autocommit, options="-c search_path=somel,public") as connection:
        yield Vtn(connection)
