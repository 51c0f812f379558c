"""What a wallet shows of a pass: no name, no number but the code itself."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """Hold what a wallet shows.

    Attributes
    ----------
    serial : str
        Names the pass in wallets: a new one of the same serial takes the place of the old.
    code : str
        Text of the QR code.
    issuer : str
        Who issued it, for people.
    title_fr, title_en, lead_fr, lead_en : str
        What it is, in a line and in a sentence.
    duration_h : int
        How long it lasts. [h]
    starts_at_first_use : bool
        Whether it begins at its first use.
    begins_at : datetime
        Not good before.
    expires_at : datetime
        Not good after.
    use_until : datetime
        It has to begin before.
    venues : tuple of str
        Where it is taken.
    entries : int or None
        Entries at each; None: any number.
    address : str
        Page of the pass.
    """

    serial: str
    code: str
    issuer: str
    title_fr: str
    title_en: str
    lead_fr: str
    lead_en: str
    duration_h: int
    starts_at_first_use: bool
    begins_at: datetime
    expires_at: datetime
    use_until: datetime
    venues: tuple[str, ...]
    entries: int | None
    address: str
