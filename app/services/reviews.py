"""Reviews that wait for an answer, and answering them at the marketplace.

The marketplace is asked between two transactions, never inside one. Who dies between its yes and our
note of it has answered all the same; the next night says so.
"""

from dataclasses import dataclass
from datetime import datetime

from app.core.errors import BadInput, Conflict, NotAllowed, NotFound, NotNow
from app.db.session import Database, TenantTx
from app.marketplaces.errors import MarketplaceDown, NotOffered, ScopeMissing
from app.marketplaces.ozon.reviews import calls as ozon_calls
from app.marketplaces.rows.market import NEW
from app.marketplaces.wb.reviews import calls as wb_calls
from app.marketplaces.wb.token import Scope, WbToken
from app.repositories import accounts, reviews
from app.repositories.accounts import StoredAccount
from app.repositories.audit import append_audit
from app.repositories.reviews import Review
from app.services.analytics.common import pages
from app.services.idempotency import Once
from app.services.ingestion.gateway import Gateway
from app.services.names import PLACES
from app.services.tenancy.members import demand_member

PAGE = 4
SHORTEST, LONGEST = wb_calls.SHORTEST_ANSWER, 3_000
"""Characters of an answer; Wildberries takes up to 5,000, a screen that shows it to be confirmed less."""

NO_SUCH = "Такого отзыва нет. Отзывы без ответа: /reviews"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewsQuery:
    """A page, from 0."""

    page: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewQuery:
    """One that waits for an answer."""

    account_id: int
    review_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewAnswer:
    """What to answer to which review."""

    account_id: int
    review_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingReview:
    """A review as it is shown."""

    account_id: int
    review_id: str
    account: str
    article: str
    at: datetime
    rating: int
    has_media: bool
    text: str
    pros: str
    cons: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewList:
    """``reviews`` of page ``page`` (from 0) of ``pages``; ``waiting`` are all that wait."""

    reviews: tuple[WaitingReview, ...]
    waiting: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The answer is with the marketplace."""

    article: str
    text: str
    waiting: int
    trace_id: str
    marketplace: str = "WB"


class ListReviews:
    """Reviews without an answer, the newest first."""

    def __call__(self, tx: TenantTx, query: ReviewsQuery) -> ReviewList:
        waiting = reviews.count_waiting(tx)
        count = pages(waiting, PAGE)
        page = min(max(query.page, 0), count - 1)
        found = reviews.list_waiting(tx, PAGE, page * PAGE)
        return ReviewList(
            reviews=tuple(_shown(each) for each in found), waiting=waiting, page=page, pages=count
        )


class ShowReview:
    """One that waits for an answer."""

    def __call__(self, tx: TenantTx, query: ReviewQuery) -> WaitingReview:
        """Raises NotFound; Conflict where it has an answer."""
        return _shown(_waiting(tx, query.account_id, query.review_id))


class RecordAnswer:
    """Note an answer that the marketplace has taken."""

    def __call__(self, tx: TenantTx, order: ReviewAnswer) -> Answered:
        """Raises NotFound; Conflict where it was answered meanwhile."""
        review = _waiting(tx, order.account_id, order.review_id, lock=True)
        reviews.mark_answered(tx, order.account_id, order.review_id, order.text)
        subject = review.article or review.review_id
        append_audit(tx, "review.answered", subject, after={"text": order.text, "review": review.review_id})
        return Answered(
            article=review.article,
            text=order.text,
            waiting=reviews.count_waiting(tx),
            trace_id=tx.trace_id,
            marketplace=review.marketplace,
        )


def demand_answer(text: str) -> str:
    """The answer without outer spaces. Raises BadInput for one too short or too long."""
    answer = text.strip()
    if not SHORTEST <= len(answer) <= LONGEST:
        raise BadInput(f"Ответ — от {SHORTEST} до {LONGEST} знаков, а здесь {len(answer)}. Пришлите другой.")
    return answer


def answer_review(
    db: Database,
    gateway: Gateway,
    record: Once[ReviewAnswer, Answered],
    order: ReviewAnswer,
    *,
    tenant_id: int,
    user_id: int,
    key: str | None,
) -> Answered:
    """Answer a review at its marketplace and note it; a request that comes again is answered as it was.

    Raises:
        NotAllowed: the person is no member any more, or the token may not write.
        NotFound, Conflict: there is no such review, or it has an answer.
        NotNow: whether the answer was taken is not known.
        RateLimited, TokenRefused, Refused: as the marketplace says.
    """
    demand_answer(order.text)
    with db.tenant(tenant_id) as tx:
        demand_member(tx, user_id)
        if key is not None and (done := record.answered(tx, key)) is not None:
            return done
        _waiting(tx, order.account_id, order.review_id)
        account = accounts.find_account(tx, order.account_id)
    if account is None:
        raise NotFound(NO_SUCH)
    _post(gateway, account, order)
    with db.tenant(tenant_id) as tx:
        return record(tx, order, key)


def _post(gateway: Gateway, account: StoredAccount, order: ReviewAnswer) -> None:
    place = PLACES[account.marketplace]
    try:
        if account.marketplace == "WB":
            with gateway.wb(account) as (wb, token):
                _demand_right(account, token)
                wb_calls.answer(wb, order.review_id, order.text)
        else:
            with gateway.ozon(account) as ozon:
                ozon_calls.answer(ozon, order.review_id, order.text)
    except ScopeMissing as refused:
        raise NotAllowed(
            f"{place} не разрешает отвечать токеном кабинета «{account.name}». {_elsewhere(place)}"
        ) from refused
    except NotOffered as refused:
        raise NotAllowed(f"{refused} {_elsewhere(place)}") from refused
    except MarketplaceDown as lost:
        raise NotNow(
            f"{place} не подтвердил ответ. Посмотрите отзыв в его кабинете: если ответа там нет, "
            "нажмите «Отправить» ещё раз."
        ) from lost


def _demand_right(account: StoredAccount, token: WbToken) -> None:
    """Raises NotAllowed before anybody is asked, where the token itself says no."""
    elsewhere = _elsewhere(PLACES["WB"])
    if token.read_only:
        raise NotAllowed(
            f"Токен кабинета «{account.name}» — «Только на чтение»: отвечать им нельзя. {elsewhere} "
            "(нужна категория «Вопросы и отзывы» с записью)."
        )
    if Scope.FEEDBACKS not in token.scopes:
        raise NotAllowed(f"У токена кабинета «{account.name}» нет категории «Вопросы и отзывы». {elsewhere}")


def _elsewhere(place: str) -> str:
    return f"Ответьте в кабинете {place} или замените токен: /connect"


def _waiting(tx: TenantTx, account_id: int, review_id: str, *, lock: bool = False) -> Review:
    review = reviews.find_review(tx, account_id, review_id, lock=lock)
    if review is None:
        raise NotFound(NO_SUCH)
    if review.status != NEW:
        raise Conflict("На этот отзыв уже ответили. Отзывы без ответа: /reviews")
    return review


def _shown(review: Review) -> WaitingReview:
    return WaitingReview(
        account_id=review.account_id,
        review_id=review.review_id,
        account=review.account,
        article=review.article,
        at=review.created_at,
        rating=review.rating,
        has_media=review.has_media,
        text=review.text,
        pros=review.pros,
        cons=review.cons,
    )
