"""How often each Wildberries method may be called, by the type of the token.

The first guess only: the server's headers win (it has been seen to allow less than this table).
Source: specs/wb/limits_by_token_type.json, facts/wildberries.md section 5.
"""

from collections.abc import Mapping

from app.marketplaces.transport.budget import Limit
from app.marketplaces.wb.token import TokenType

_MINUTE, _HOUR = 60.0, 3600.0

_FULL: Mapping[str, Limit] = {
    "wb.ping": Limit(10, 3),
    "wb.seller_info": Limit(_MINUTE, 10),
    "wb.cards": Limit(0.6, 5),
    "wb.sales": Limit(_MINUTE, 1),
    "wb.remains.create": Limit(_MINUTE, 5),
    "wb.remains.status": Limit(5, 5),
    "wb.remains.download": Limit(_MINUTE, 1),
    "wb.finance": Limit(_MINUTE, 1),
}

_BASE: Mapping[str, Limit] = {
    "wb.ping": Limit(10, 3),
    "wb.seller_info": Limit(24 * _HOUR, 1),
    "wb.cards": Limit(0.6, 5),
    "wb.sales": Limit(2 * _HOUR, 1),
    "wb.remains.create": Limit(_HOUR / 4, 1),
    "wb.remains.status": Limit(_HOUR / 4, 1),
    "wb.remains.download": Limit(_HOUR / 4, 1),
    "wb.finance": Limit(12 * _HOUR, 1),
}


def wb_limits(token_type: TokenType, pace: float = 1.0) -> dict[str, Limit]:
    """Limits of a token. ``pace`` > 1 shortens every interval (the sandbox's faster clock)."""
    table = _FULL if token_type in (TokenType.PERSONAL, TokenType.SERVICE) else _BASE
    return {method: Limit(limit.interval / pace, limit.burst) for method, limit in table.items()}
