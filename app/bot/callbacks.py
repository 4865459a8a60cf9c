"""What buttons send. Prefixes are short because Telegram gives 64 bytes for all of it."""

from aiogram.filters.callback_data import CallbackData


class HelpCall(CallbackData, prefix="h"):
    """The help screen."""


class TodayCall(CallbackData, prefix="t"):
    """The digest."""


class PnlCall(CallbackData, prefix="p"):
    """P&L of the last ``days`` days; ``exact`` shows kopecks."""

    days: int
    exact: bool = False


class StockCall(CallbackData, prefix="s"):
    """A page of the stock list, from 0."""

    page: int = 0


class CardCall(CallbackData, prefix="a", sep="|"):
    """The stock of one article."""

    article: str


class SupplyCall(CallbackData, prefix="v"):
    """A page of advice for a window of days."""

    window: int
    page: int = 0


class CostUndoCall(CallbackData, prefix="cu"):
    """Take back a change of a cost price."""

    change: int


class StatusCall(CallbackData, prefix="st"):
    """Connections and freshness."""


class JobCall(CallbackData, prefix="j"):
    """How a job is getting on. The number is in the button, so it works after a restart."""

    job: int


class ConnectCall(CallbackData, prefix="c"):
    """Connecting a cabinet: which marketplace ("WB", "OZON"), "" to choose, "-" to leave."""

    marketplace: str = ""


def card_call(article: str) -> CardCall | None:
    """A button for an article, or None where its name does not fit into a callback."""
    call = CardCall(article=article)
    fits = "|" not in article and 0 < len(article.encode()) <= 60
    return call if fits else None
