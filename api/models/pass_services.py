"""Services that passes open, as everybody sees them and as those who run them do."""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints

from api.models.dataset import Name, Text, Title
from api.models.fields import Instant, Model
from db.pass_services import EntitlementKind, KindOfService, PassService, RuleRow, Venue
from enjoy.passes.conditions import read_condition, words_of
from enjoy.reader.reasons import Proof

_MOST_STALE_S: Final = 604_800
Code = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,47}$"),
    Field(description="For those who run the service; for ever", examples=["resident"]),
]
InseeCode = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9][0-9AB][0-9]{3}$"),
    Field(description="INSEE code of a commune", examples=["59350"]),
]


class ServiceWanted(Model):
    """Say what a service is."""

    title: Annotated[Title, Field(examples=["Piscine Marx Dormoy"])]
    description: Annotated[Text, Field(examples=["Fifty metres, and a pool for small children."])] = ""
    proof: Annotated[
        Proof,
        Field(
            description="Least proof that it takes: device, a phone's signature of the moment; token, a signed code, "
            "on paper too; serial, the number of a card, which anybody can copy"
        ),
    ] = Proof.TOKEN
    stale_after_s: Annotated[
        int, Field(ge=60, le=_MOST_STALE_S, description="A reader whose list is older refuses everybody [s]")
    ] = 86_400
    is_open: Annotated[bool, Field(description="Whether holders may join")] = True


class NewService(ServiceWanted):
    """Declare a service."""

    name: Annotated[Name, Field(examples=["marx-dormoy"])]
    kind: Annotated[KindOfService, Field(description="public: rights of residents; tourism: passes that are sold")] = (
        "public"
    )


class Position(Model):
    """Say where something is, WGS 84."""

    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, examples=[3.0412])]
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, examples=[50.6293])]


class VenueWanted(Model):
    """Say where a service is used."""

    title: Annotated[Title, Field(examples=["Grand bassin"])]
    kind: Literal["place", "transport"] = "place"
    insee_code: InseeCode | None = None
    location: Position | None = None
    organisation: Annotated[
        Name | None, Field(description="Who keeps it, of a tourism pass; null: who runs the service")
    ] = None
    is_open: Annotated[bool, Field(description="Whether it takes passes now")] = True


class VenueOf(Model):
    """Tell where a service is used."""

    name: Annotated[str, Field(examples=["grand-bassin"])]
    title: str
    kind: Literal["place", "transport"]
    organisation: Annotated[str, Field(description="Who keeps it")]
    insee_code: str | None
    commune: Annotated[str | None, Field(description="Its name; null: it is not of the metropolis")]
    location: Position | None
    is_open: bool

    @classmethod
    def of(cls, row: Venue) -> Self:
        """Return it as it is told."""
        location = None if row.lon is None or row.lat is None else Position(lon=row.lon, lat=row.lat)
        names = ("name", "title", "kind", "organisation", "insee_code", "commune", "is_open")
        return cls(location=location, **{name: getattr(row, name) for name in names})


class WordsOf(Model):
    """Hold a text in French and in English."""

    fr: str
    en: str


class RightShown(Model):
    """Tell everybody of a right: who has it, in words."""

    title: Annotated[str, Field(examples=["Resident"])]
    condition: Annotated[WordsOf, Field(description="Who has it: somebody who …")]


class Hours(Model):
    """Tell when passes are taken, on the clock in Lille."""

    days: Annotated[list[int], Field(description="1 is Monday, 7 is Sunday", examples=[[1, 2, 3, 4, 5]])]
    opens: Annotated[str, Field(serialization_alias="from", validation_alias="from", examples=["08:00"])]
    closes: Annotated[str, Field(serialization_alias="until", validation_alias="until", examples=["20:00"])]


class ServiceOf(Model):
    """Tell everybody of a service: never who uses it, nor which rule let anybody in."""

    name: Annotated[str, Field(examples=["marx-dormoy"])]
    title: str
    description: str
    kind: KindOfService
    organisation: Annotated[str, Field(examples=["lille"])]
    organisation_title: str
    proof: Proof
    stale_after_s: int
    is_open: Annotated[bool, Field(description="Whether holders may join")]
    is_closed: Annotated[bool, Field(description="Whether it is closed for good")]
    revision: Annotated[int, Field(description="Grows with each change; the ETag in If-Match")]
    venues: list[VenueOf]
    rights: list[RightShown]
    hours: Annotated[
        list[Hours] | None, Field(description="Empty: at any time; null: nobody is admitted, there is no rule yet")
    ]
    closed_on: Annotated[list[str], Field(description="Days on which nobody is admitted", examples=[["2026-12-25"]])]


class KindWanted(Model):
    """Say which right there is and what it follows from."""

    title: Annotated[Title, Field(examples=["Résident"])]
    condition: Annotated[
        dict[str, Any],
        Field(
            description='One of {"everybody": true}, {"residence": [INSEE codes]}, {"residence": "metropolis"}, '
            '{"age_below": years}, {"age_from": years}, {"social_tariff": euros that the family quotient lies below}, '
            '{"all": [conditions]}, {"any": [conditions]}',
            examples=[{"residence": ["59350"]}],
        ),
    ]


class KindOf(Model):
    """Tell those who run a service of a right."""

    number: Annotated[int, Field(description="In tokens and rules; not given again", examples=[1])]
    code: str
    title: str
    condition: dict[str, Any]
    words: WordsOf

    @classmethod
    def of(cls, row: EntitlementKind, communes: dict[str, str]) -> Self:
        """Return it as it is told."""
        words = WordsOf.model_validate(words_of(read_condition(row.condition), communes))
        return cls(number=row.number, code=row.code, title=row.title, condition=row.condition, words=words)


class RuleWanted(Model):
    """Say who is admitted, when, how often and at which price class; what is left out does not matter."""

    model_config = ConfigDict(extra="allow")  # enjoy.reader.rule_content says what is wrong, and where

    rights: Annotated[
        list[int | str],
        Field(
            max_length=400,
            description="Any of these is enough, by number or code; empty: everybody",
            examples=[["resident"]],
        ),
    ]
    venues: Annotated[list[str], Field(default_factory=list, max_length=400, description="Empty: all", examples=[[]])]
    windows: Annotated[
        list[dict[str, Any]],
        Field(
            default_factory=list,
            max_length=400,
            description="Hours on the clock in Lille, 1 is Monday; empty: always",
            examples=[[{"days": [1, 2, 3, 4, 5], "from": "08:00", "until": "20:00"}]],
        ),
    ]
    uses: Annotated[
        list[dict[str, Any]],
        Field(
            default_factory=list,
            max_length=8,
            description="How often: per day, week, month or ever; empty: any number",
            examples=[[{"most": 1, "per": "day", "each_venue": False}]],
        ),
    ]
    closed_on: Annotated[
        list[str], Field(default_factory=list, max_length=400, description="Days", examples=[["2026-12-25"]])
    ]
    start_on: Annotated[str | None, Field(description="First day", examples=[None])] = None
    end_on: Annotated[str | None, Field(description="Last day", examples=[None])] = None
    pause_s: Annotated[int, Field(description="Least time between two uses [s]")] = 0
    lasts_s: Annotated[
        int | None, Field(description="From the first admission on; null: no end [s]", examples=[None])
    ] = None
    proof: Annotated[
        str | None, Field(description="serial, token or device; null: that of the service", examples=[None])
    ] = None
    price_class: Annotated[str, Field(description="What readers say of the price", examples=["full"])] = "full"

    @property
    def content(self) -> dict[str, Any]:
        """Return what was said, and nothing else."""
        return self.model_dump(exclude_unset=True)


class RuleOf(Model):
    """Tell those who run a service of a rule."""

    rule_id: Annotated[int, Field(examples=[1])]
    content: Annotated[dict[str, Any], Field(description="As it was declared; rights by number")]
    created_at: Instant
    ended_at: Annotated[Instant | None, Field(description="Null: it holds")]

    @classmethod
    def of(cls, row: RuleRow) -> Self:
        """Return it as it is told."""
        return cls.model_validate(row)


def names_of(row: PassService) -> dict[str, Any]:
    """Return what is told of a service by itself."""
    names = ("name", "title", "description", "kind", "organisation", "organisation_title", "proof", "stale_after_s")
    told = {name: getattr(row, name) for name in (*names, "is_open", "revision")}
    return told | {"is_closed": row.closed_at is not None}
