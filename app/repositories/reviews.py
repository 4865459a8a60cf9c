"""Buyers' reviews: those that wait for an answer, and the answers given here."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Row

from app.db.figures import move_stamp
from app.db.session import TenantTx

_REVIEW = (
    "SELECT r.account_id, a.name AS account, r.marketplace, r.review_id, coalesce(k.article, '') AS article,"
    " r.created_at_utc, r.rating, r.has_media, r.text, r.pros, r.cons, r.reply_status, r.answer"
    " FROM reviews r JOIN marketplace_account a ON a.tenant_id = r.tenant_id AND a.id = r.account_id"
    " LEFT JOIN sku k ON k.tenant_id = r.tenant_id AND k.id = r.sku_id WHERE r.tenant_id = :tenant_id"
)
_WAITS = "r.reply_status = 'new' AND a.state <> 'off'"


class Review(NamedTuple):
    """A review with the names of what it is about. ``article`` "" = not known."""

    account_id: int
    account: str
    marketplace: str
    review_id: str
    article: str
    created_at: datetime
    rating: int
    has_media: bool
    text: str
    pros: str
    cons: str
    status: str
    answer: str


def list_waiting(tx: TenantTx, limit: int, offset: int = 0) -> list[Review]:
    """Reviews without an answer, the newest first; of cabinets that are in use."""
    rows = tx.run(
        f"{_REVIEW} AND {_WAITS} ORDER BY r.created_at_utc DESC, r.review_id LIMIT :limit OFFSET :offset",
        limit=limit,
        offset=offset,
    )
    return [_review(row) for row in rows]


def count_waiting(tx: TenantTx) -> int:
    """How many there are of these."""
    found = tx.run(
        "SELECT count(*) FROM reviews r JOIN marketplace_account a ON a.tenant_id = r.tenant_id"
        f" AND a.id = r.account_id WHERE r.tenant_id = :tenant_id AND {_WAITS}"
    )
    return int(found.scalar_one())


def find_review(tx: TenantTx, account_id: int, review_id: str, *, lock: bool = False) -> Review | None:
    """A review by its id; with ``lock`` until the transaction ends."""
    row = tx.run(
        f"{_REVIEW} AND r.account_id = :account_id AND r.review_id = :review_id"
        f"{' FOR UPDATE OF r' if lock else ''}",
        account_id=account_id,
        review_id=review_id,
    ).first()
    return None if row is None else _review(row)


def mark_answered(tx: TenantTx, account_id: int, review_id: str, answer: str) -> None:
    """We have answered it so. What the marketplace says of it, the next night tells."""
    move_stamp(tx)
    tx.run(
        "UPDATE reviews SET reply_status = 'answered', answer = :answer, src_hash = NULL"
        " WHERE tenant_id = :tenant_id AND account_id = :account_id AND review_id = :review_id",
        account_id=account_id,
        review_id=review_id,
        answer=answer,
    )


def _review(row: Row[tuple[object, ...]]) -> Review:
    return Review(*row)
