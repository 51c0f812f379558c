"""Vectors of ``stored``: what a gateway that keeps some numbers forgets, and what it sends again."""

from typing import Final

from tests.firmware_specs.making.vector import Made, as_json

#: One second of the numbers that a gateway without a memory starts at.
_ANEW: Final = 1_780_315_200 << 20
_CASES: Final = [
    (
        "stored-whole",
        "Everything up to the highest is stored; what came later is not spoken of",
        {"first": 1, "through": 9, "highest": 9, "missing": []},
        [[1, 9]],
        [7, 8, 9, 10],
        [7, 8, 9],
        [],
    ),
    (
        "stored-hole",
        "A hole is sent again",
        {"first": 4, "through": 7, "highest": 11, "missing": [[8, 8]]},
        [[4, 7], [9, 11]],
        [6, 8, 9, 12],
        [6, 9],
        [8],
    ),
    (
        "stored-below-first",
        "What lies below the first was never heard, and is sent again",
        {"first": 5, "through": 5, "highest": 5, "missing": []},
        [[5, 5]],
        [3, 4, 5],
        [5],
        [3, 4],
    ),
    (
        "stored-many-holes",
        "Ranges include both their ends",
        {"first": 0, "through": 0, "highest": 20, "missing": [[1, 3], [5, 5], [7, 19]]},
        [[0, 0], [4, 4], [6, 6], [20, 20]],
        [0, 1, 3, 4, 5, 6, 7, 19, 20, 21],
        [0, 4, 6, 20],
        [1, 3, 5, 7, 19],
    ),
    (
        "stored-new-numbering",
        "After a factory reset the numbering is a new one, whose first is far above the old",
        {"first": _ANEW, "through": _ANEW + 2, "highest": _ANEW + 2, "missing": []},
        [[_ANEW, _ANEW + 2]],
        [_ANEW + 1, _ANEW + 3],
        [_ANEW + 1],
        [],
    ),
]
WORDS: Final[list[Made]] = [
    Made(
        name, "stored", as_json(word), text, device={"ranges": ranges, "kept": kept, "forgets": gone, "repeats": again}
    )
    for name, text, word, ranges, kept, gone, again in _CASES
]
