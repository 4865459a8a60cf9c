"""Of the seller itself: the key that a cabinet is opened with, and whose it is."""

from datetime import datetime
from typing import NamedTuple


class AccessRow(NamedTuple):
    """What a key may do now, until when (None = not told), and whose it is.

    ``roles`` in the marketplace's words, ``missing`` the methods that a night cannot do without and no
    role gives, ``seller`` JSON of what is told of the seller ("" = nothing was).
    """

    expires_at: datetime | None
    roles: tuple[str, ...]
    missing: tuple[str, ...]
    seller: str
