"""A dataset with all that catalogues say of it."""

from dataclasses import dataclass

from db.catalogue import Summary
from db.dataset_rows import Dataset, Organisation, Published


@dataclass(frozen=True, slots=True)
class Described:
    """Hold a dataset, its publisher and what its records are.

    Attributes
    ----------
    published : Published
        Dataset and versions.
    publisher : Organisation
        Who answers for it.
    summary : Summary or None
        What its records are; None where it was withdrawn this moment.
    """

    published: Published
    publisher: Organisation
    summary: Summary | None

    @property
    def dataset(self) -> Dataset:
        """Return the dataset by itself."""
        return self.published.dataset

    @property
    def identifier(self) -> str:
        """Return what names the dataset for ever, wherever it is served."""
        return f"urn:somel:dataset:{self.dataset.name}"


def mailbox_of(contact: str | None) -> str | None:
    """Return the mail address that a contact is, or None."""
    words = (contact or "").strip().removeprefix("mailto:")
    return words if "@" in words and ":" not in words and " " not in words else None
