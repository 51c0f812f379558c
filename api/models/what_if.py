"""What if: variants of an event and what would come of them."""

from typing import Annotated

from pydantic import Field

from api.models.event import NewEvent, Plan
from api.models.fields import Model
from api.models.problem import Problem


class WhatIf(Model):
    """Ask what plans several events would get; nothing is stored."""

    variants: Annotated[list[NewEvent], Field(min_length=1, max_length=6)]


class Outlook(Model):
    """Say what would come of one variant: its plan, or the problem with it."""

    plan: Plan | None = None
    called: Annotated[int, Field(description="Resources that it would command", examples=[41])] = 0
    problem: Problem | None = None


class Outlooks(Model):
    """Give one outlook for each variant, in their order."""

    items: list[Outlook]
