"""Where things of Enjoy are, from outside."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Addresses:
    """Make the addresses that catalogues name.

    Attributes
    ----------
    base : str
        Of Enjoy as its readers reach it, without the last slash.
    """

    base: str

    @property
    def home(self) -> str:
        """Return the page that people begin at."""
        return f"{self.base}/"

    @property
    def account(self) -> str:
        """Return the page of accounts and keys."""
        return f"{self.base}/account"

    @property
    def catalog(self) -> str:
        """Return what names the catalogue as a thing."""
        return f"{self.base}/catalog"

    @property
    def features(self) -> str:
        """Return the OGC API Features service."""
        return f"{self.base}/ogc"

    @property
    def records(self) -> str:
        """Return the OGC API Records service."""
        return f"{self.base}/records"

    @property
    def description(self) -> str:
        """Return the OpenAPI document."""
        return f"{self.base}/openapi.json"

    def dataset(self, name: str) -> str:
        """Return what names a dataset, and its page."""
        return f"{self.base}/datasets/{name}"

    def organisation(self, name: str) -> str:
        """Return what names an organisation, and its page."""
        return f"{self.base}/organisations/{name}"

    def contract(self, name: str) -> str:
        """Return the contract of a dataset, for programs."""
        return f"{self.base}/v1/datasets/{name}"

    def collection(self, name: str, version: int) -> str:
        """Return the collection of a version's records."""
        return f"{self.features}/collections/{name}.v{version}"

    def items(self, name: str, version: int, **asked: object) -> str:
        """Return the records of a version."""
        return _asking(f"{self.collection(name, version)}/items", asked)

    def latest(self, name: str, version: int) -> str:
        """Return the latest record of each key."""
        return f"{self.collection(name, version)}/latest"

    def export(self, name: str, form: str, **asked: object) -> str:
        """Return all records as a file."""
        return _asking(f"{self.contract(name)}/export", {"f": form, **asked})

    def history(self, name: str, newest_at: datetime, field: str) -> str:
        """Return the hourly means of a field, of the last day that there are records of."""
        span = {"from": (newest_at - timedelta(days=1)).isoformat(), "to": (newest_at + timedelta(hours=1)).isoformat()}
        return _asking(f"{self.contract(name)}/history", {**span, "every": "PT1H", "aggregate": f"{field}:avg"})


def _asking(address: str, asked: dict[str, object]) -> str:
    return f"{address}?{urlencode(asked)}" if asked else address
