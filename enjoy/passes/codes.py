"""QR codes (ISO/IEC 18004): the one door to segno."""

import io
from dataclasses import dataclass
from typing import Final, Literal

import segno

ErrorLevel = Literal["L", "M", "Q", "H"]
#: Modules of white around a code, as the standard wants.
_BORDER: Final = 4


@dataclass(frozen=True, slots=True)
class Code:
    """Hold a text as a code.

    Attributes
    ----------
    version : int
        1 to 40: 21 modules a side, and four more with every version.
    mode : str
        ``alphanumeric``, where the text has no other signs, or ``byte``.
    """

    version: int
    mode: str
    _code: segno.QRCode

    def svg(self, *, title: str | None = None) -> str:
        """Return the code as an SVG that takes any size, with a title for who does not see it."""
        drawn = io.BytesIO()
        self._code.save(
            drawn,
            kind="svg",
            border=_BORDER,
            xmldecl=False,
            omitsize=True,
            title=title,
            light="#fff",
            svgclass=None,
            lineclass=None,
        )
        return drawn.getvalue().decode().strip()

    def png(self, *, scale: int = 8) -> bytes:
        """Return the code as a PNG, so many pixels a module."""
        drawn = io.BytesIO()
        self._code.save(drawn, kind="png", border=_BORDER, scale=scale)
        return drawn.getvalue()

    @property
    def side(self) -> int:
        """Return how many modules a side has, without its border."""
        return int(self._code.symbol_size(border=0)[0])


def code_of(text: str, *, error: ErrorLevel = "M") -> Code:
    """Return a text as a code.

    Parameters
    ----------
    text : str
        In capitals, digits and ``$%*+-./:`` alone it takes a third less room.
    error : {"L", "M", "Q", "H"}
        How much of it may be spoilt: 7, 15, 25 or 30 %; Q for paper that is folded.
    """
    made = segno.make_qr(text, error=error, boost_error=False)
    return Code(int(made.version), str(made.mode), made)
