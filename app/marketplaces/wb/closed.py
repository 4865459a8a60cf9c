"""What Wildberries keeps from tokens of small limits, in words for the seller: no error of anybody's."""

from app.marketplaces.wb.limits import is_open
from app.marketplaces.wb.token import TYPE_NAMES, TokenType

_MEANS = {
    "wb.finance.list": "суммы отчётов с Wildberries не сверены: базовому токену их заголовки закрыты",
    "wb.own_stock": "остатки своего склада (FBS) не приходят: базовому токену они закрыты",
}
"""Method → what a seller misses without it. Stock at Wildberries comes another way, so it is not here."""


def closed_to(kind: str) -> tuple[str, ...]:
    """Sentences for a token of this kind, as ``token_kind`` is stored («базовый»); none where it is
    not told."""
    found = [each for each, name in TYPE_NAMES.items() if kind and name.startswith(kind)]
    token_type = found[0] if found else TokenType.PERSONAL
    return tuple(words for method, words in _MEANS.items() if not is_open(token_type, method))
