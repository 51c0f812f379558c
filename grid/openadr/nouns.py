"""The words of OpenADR 3.1 that more than one module needs."""

from enum import StrEnum


class Role(StrEnum):
    """What a client is: business logic, which sees everything, or a virtual end node."""

    BL = "bl"
    VEN = "ven"


class ObjectType(StrEnum):
    """The six kinds of object, as the specification writes them."""

    PROGRAM = "PROGRAM"
    EVENT = "EVENT"
    REPORT = "REPORT"
    SUBSCRIPTION = "SUBSCRIPTION"
    VEN = "VEN"
    RESOURCE = "RESOURCE"


class Operation(StrEnum):
    """What can happen to an object, as notifications name it."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"


#: Kinds that are for whoever was granted one of their targets; the others belong to one client.
TARGETED = frozenset({ObjectType.PROGRAM, ObjectType.EVENT})
