"""Files that were uploaded, and what became of their rows."""

from typing import Annotated, Literal, Self

from pydantic import Field

from api.models.dataset import RefusalOf
from api.models.fields import Instant, Model
from db.uploads import Upload


class UploadSummary(Model):
    """Tell of a file."""

    upload_id: Annotated[int | None, Field(description="Null: a sandbox keeps nothing", examples=[17])]
    name: Annotated[str, Field(examples=["stations.csv"])]
    format: Literal["csv", "geojson", "parquet"]
    size_bytes: int
    sha256: Annotated[str, Field(description="Of the file, hexadecimal")]
    is_dry_run: Annotated[bool, Field(description="Only tried: nothing of it is stored")]
    uploaded_at: Instant
    uploaded_by: str
    rows: Annotated[int, Field(description="That were read", examples=[289])]
    inserted: Annotated[int, Field(examples=[288])]
    updated: Annotated[int, Field(examples=[0])]
    unchanged: Annotated[int, Field(description="The same as before", examples=[0])]
    refused_count: Annotated[int, Field(examples=[1])]

    @classmethod
    def of(cls, upload: Upload) -> Self:
        """Return what is told of a file."""
        facts = {name: getattr(upload, name) for name in cls.model_fields if hasattr(upload, name)}
        counts = {
            "rows": upload.row_count,
            "inserted": upload.inserted_count,
            "updated": upload.updated_count,
            "unchanged": upload.unchanged_count,
            "refused": upload.refusals,
        }
        return cls.model_validate(facts | counts | {"sha256": upload.sha256.hex()})


class UploadReport(UploadSummary):
    """Tell of a file, and why rows were refused."""

    refused: Annotated[list[RefusalOf], Field(description="The first thousand; all are among the refused records")]
