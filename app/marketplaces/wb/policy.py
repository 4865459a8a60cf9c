"""How a Wildberries cabinet is read: what its token allows, and how patient we are."""

from dataclasses import dataclass
from datetime import timedelta

from app.marketplaces.wb.limits import is_open
from app.marketplaces.wb.token import Scope, TokenType


@dataclass(frozen=True, slots=True)
class WbPolicy:
    """How a cabinet is read.

    ``token_type``: a base token is slow (finance twice in 24 hours), so the whole window is one unit;
    otherwise a unit is a calendar week, which keeps pages small. Methods closed to base tokens are no
    sources of theirs. ``finance_window`` is what a night re-reads of it, a longer one is a backfill.
    ``full_sales_page``: Wildberries cuts a sales reply at about 80,000 rows; a reply below this is
    surely the last one. ``scopes``: the token's categories, None where they are not known.
    """

    token_type: TokenType = TokenType.BASE
    scopes: frozenset[Scope] | None = None
    finance_window: timedelta = timedelta(days=45)
    day_timezone: str = "Europe/Moscow"
    full_sales_page: int = 70_000
    polls: int = 6
    poll_pause: float = 5.0
    come_back: timedelta = timedelta(minutes=15)

    @property
    def slow(self) -> bool:
        """Small limits?"""
        return self.token_type in (TokenType.BASE, TokenType.UNKNOWN)

    def may_call(self, method: str) -> bool:
        """Is the method ("wb.finance.list") open to this type of token?"""
        return is_open(self.token_type, method)

    def covers(self, scope: Scope) -> bool:
        """Does the token have the category? What a seller left out on purpose is no feed of his."""
        return self.scopes is None or scope in self.scopes
