"""The one table of what a file import says about lines; what the decoders refuse too keeps its code there."""

from dataclasses import dataclass
from typing import Final

from ingest.decode import REFUSAL_CODES


@dataclass(frozen=True, slots=True)
class FileCode:
    """Describe one code.

    Attributes
    ----------
    code : str
        Stable code, as written in reports.
    is_refusal : bool
        Whether the line held a value that is not stored; else it is a remark, and nothing is lost.
    meaning : str
        What is wrong, as one sentence.
    """

    code: str
    is_refusal: bool
    meaning: str


#: A line is refused once, for the first of these that applies.
FILE_CODES: Final[tuple[FileCode, ...]] = (
    FileCode("line_malformed", True, "The line has not as many cells as the header."),
    FileCode("quantity_other", True, "The line is about another quantity or unit than the first one."),
    FileCode("time_unreadable", True, "The stamp cannot be read, or names a day that there is not."),
    FileCode("time_nonexistent", True, "The stamp names an hour that the change to summer time leaves out."),
    FileCode("device_unknown", True, "No meter of this name, or no point of delivery of this number, is registered."),
    FileCode("start_off_grid", True, "The interval does not start at a multiple of its step."),
    FileCode("value_missing", False, "The cell is empty, or says that there is no value."),
    FileCode(
        "decimal_mark_mixed", True, "The number is written with the other decimal mark than the rest of the file."
    ),
    FileCode("value_unreadable", True, "The cell is not a number."),
    *(
        FileCode(refusal.code, True, refusal.meaning)
        for refusal in REFUSAL_CODES
        if refusal.code.startswith(("time_too", "time_in", "value_"))
    ),
    FileCode("value_contradicts", True, "An earlier line gives another value for the same meter and time."),
    FileCode("value_repeated", False, "An earlier line gives the same value for the same meter and time."),
    FileCode("time_unsorted", False, "The line lies before the one above it of the same meter."),
    FileCode("steps_mixed", False, "The meter's step changes within the file."),
    FileCode("gap", False, "Intervals are missing between two lines of a meter."),
)
MEANING: Final = {code.code: code.meaning for code in FILE_CODES}
IS_REFUSAL: Final = {code.code: code.is_refusal for code in FILE_CODES}
NUMBER: Final = {code.code: number for number, code in enumerate(FILE_CODES, start=1)}
