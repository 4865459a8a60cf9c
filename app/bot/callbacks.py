"""What buttons send. Prefixes are short because Telegram gives 64 bytes for all of it.

On its way out every button is stamped with the organisation it was drawn for, so that one tapped after a
switch never acts on another; the stamp is taken off before any handler sees the data.
"""

from aiogram.filters.callback_data import CallbackData


class HelpCall(CallbackData, prefix="h"):
    """The help screen."""


class TodayCall(CallbackData, prefix="t"):
    """The digest."""


class PnlCall(CallbackData, prefix="p"):
    """P&L of the last ``days`` days; ``exact`` shows kopecks."""

    days: int
    exact: bool = False


class MoneyCall(CallbackData, prefix="m"):
    """Payouts and balances."""


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


class AnalyticsCall(CallbackData, prefix="xa"):
    """Analytics of goods: ``what`` "" to choose, "abc", "age", "slow", "cost"; page from 0.

    ``by``: "profit" or "revenue" of ABC, "unknown" of the valuation; ``day`` its past day (ISO).
    """

    what: str = ""
    by: str = ""
    days: int = 0
    day: str = ""
    page: int = 0


class CostUndoCall(CallbackData, prefix="cu"):
    """Take back a change of a cost price."""

    change: int


class ReviewsCall(CallbackData, prefix="rs"):
    """A page of reviews that wait for an answer, from 0."""

    page: int = 0


class ReviewCall(CallbackData, prefix="rv", sep="|"):
    """Answer a review: ``deed`` "" asks for the text, "send" sends it."""

    account: int
    review: str
    deed: str = ""


class StatusCall(CallbackData, prefix="st"):
    """Connections and freshness."""


class JobCall(CallbackData, prefix="j"):
    """How a job is getting on. The number is in the button, so it works after a restart."""

    job: int


class JobsCall(CallbackData, prefix="js"):
    """What runs, waits and failed."""


class JobRequeueCall(CallbackData, prefix="jr"):
    """Put a failed job back in line."""

    job: int


class JobDropCall(CallbackData, prefix="jd"):
    """A failed job is not worth another look."""

    job: int


class ConnectCall(CallbackData, prefix="c"):
    """Connecting a cabinet: which marketplace ("WB", "OZON"), "" to choose, "-" to leave."""

    marketplace: str = ""


class AuditCall(CallbackData, prefix="au"):
    """A page of changes, from 0; of one actor, or with ``actor`` -1 of everybody."""

    page: int = 0
    actor: int = -1


class ApiCall(CallbackData, prefix="ap"):
    """The tokens of the organisation's programs."""


class ApiNewCall(CallbackData, prefix="an"):
    """Choose a role for a token; with ``role`` ask for its name."""

    role: str = ""


class ApiOffCall(CallbackData, prefix="ax"):
    """Revoke a token; ``sure`` is the second tap."""

    token: int
    sure: bool = False


class OrgCall(CallbackData, prefix="o"):
    """The person's organisations; with ``tenant`` look at that one from now on."""

    tenant: int = 0


class OrgNameCall(CallbackData, prefix="on"):
    """Ask for a name: of this organisation, or of another one to found."""

    is_new: bool = False


class PeopleCall(CallbackData, prefix="pp"):
    """Who is in the organisation."""


class MemberCall(CallbackData, prefix="pm"):
    """One of them; with ``role`` change it, with ``out`` take them out; ``sure`` is the second tap."""

    user: int
    role: str = ""
    out: bool = False
    sure: bool = False


class InviteCall(CallbackData, prefix="pi"):
    """Choose a role for an invite; with ``role`` make one."""

    role: str = ""


class InviteOffCall(CallbackData, prefix="px"):
    """Revoke an invite."""

    invite: int


class CabinetCall(CallbackData, prefix="cb"):
    """A connected cabinet; ``deed``: "" look, "name", "off", "on"; ``sure`` is the second tap."""

    account: int
    deed: str = ""
    sure: bool = False


class AdminCall(CallbackData, prefix="ad"):
    """A page of the installation's organisations."""

    page: int = 0


class AdminCodeCall(CallbackData, prefix="ac"):
    """A one-time code for another administrator."""


class AdminDwCall(CallbackData, prefix="aw"):
    """Bring the warehouse of figures up to date now."""


class AdminMakeCall(CallbackData, prefix="am"):
    """Choose another administrator; with ``user`` make them one; ``sure`` is the second tap."""

    user: int = 0
    sure: bool = False


class OrdersCall(CallbackData, prefix="os"):
    """A page of orders to the own shelf, from 0."""

    page: int = 0


class OrderCall(CallbackData, prefix="oo"):
    """One of them; ``deed``: "" look, "ship", "aside", "again", "close"; ``sure`` is the second tap."""

    order: int
    deed: str = ""
    sure: bool = False


class SuppliesCall(CallbackData, prefix="sp"):
    """A page of deliveries sent to marketplaces, from 0."""

    page: int = 0


class TripCall(CallbackData, prefix="sd", sep="|"):
    """One of them, item by item."""

    marketplace: str
    number: str


DATA_LIMIT = 64
STAMP_LIMIT = 8
"""Seven digits of base 36 and the mark: 78 billion organisations."""
MARK = "~"
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def stamped(data: str, tenant_id: int | None) -> str:
    """The data with its organisation before it; as it is where there is none."""
    return data if tenant_id is None else f"{_base36(tenant_id)}{MARK}{data}"


def unstamped(data: str) -> tuple[int | None, str]:
    """Whose button it is, None for nobody's, and the data that handlers know."""
    stamp, mark, rest = data.partition(MARK)
    is_stamp = bool(mark and stamp) and len(stamp) < STAMP_LIMIT and all(each in _DIGITS for each in stamp)
    return (int(stamp, 36), rest) if is_stamp else (None, data)


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"


def review_call(account: int, review: str, deed: str = "") -> ReviewCall | None:
    """A button for a review, or None where its id does not fit into a callback with the longest deed."""
    room = DATA_LIMIT - STAMP_LIMIT - len(f"rv|{account}||send")
    fits = "|" not in review and 0 < len(review.encode()) <= room
    return ReviewCall(account=account, review=review, deed=deed) if fits else None


def card_call(article: str) -> CardCall | None:
    """A button for an article, or None where its name does not fit into a callback."""
    room = DATA_LIMIT - STAMP_LIMIT - len("a|")
    fits = "|" not in article and 0 < len(article.encode()) <= room
    return CardCall(article=article) if fits else None


def trip_call(marketplace: str, number: str) -> TripCall | None:
    """A button for a delivery, or None where its number does not fit into a callback."""
    room = DATA_LIMIT - STAMP_LIMIT - len(f"sd|{marketplace}|")
    fits = "|" not in number and 0 < len(number.encode()) <= room
    return TripCall(marketplace=marketplace, number=number) if fits else None
