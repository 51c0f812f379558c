"""Pages that many ask for, as the newest of all keys is: read once in each state of their dataset."""

from collections import OrderedDict
from typing import Final

from db.features import FeaturePage

#: Larger pages are not kept. [characters]
_LARGEST: Final = 512 * 1024
#: Those asked for longest ago give way; no more than 32 MB of plain text in all.
_MOST: Final = 64


class KeptPages:
    """Keep pages by the strong validator of their answers, which is another whenever their records are."""

    def __init__(self) -> None:
        self._pages: OrderedDict[str, FeaturePage] = OrderedDict()

    def find(self, tag: str) -> FeaturePage | None:
        """Return a page, or None where it is not kept."""
        page = self._pages.get(tag)
        if page is not None:
            self._pages.move_to_end(tag)
        return page

    def keep(self, tag: str, page: FeaturePage) -> None:
        """Keep a page, unless it is too large."""
        if sum(map(len, page.features)) > _LARGEST:
            return
        self._pages[tag] = page
        if len(self._pages) > _MOST:
            self._pages.popitem(last=False)
