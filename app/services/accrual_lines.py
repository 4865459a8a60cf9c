"""Which P&L line an Ozon accrual type is booked on in one cabinet: loaded for readers, chosen by people.

Facts that stand already keep their line until they are normalised anew, which is the caller's next step.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from app.core.errors import BadInput, NotFound
from app.db.session import Database, TenantTx
from app.domain.finance.settlement import PnlLine
from app.marketplaces.ozon.lines import TypeBook
from app.marketplaces.ozon.policy import OzonPolicy
from app.repositories import accounts, accrual_types, unknown_values
from app.repositories.audit import append_audit
from app.repositories.runs import RunKey

ACCRUALS = "ozon.accruals"

BY_THE_TABLE = "по таблице"
"""How a choice is called that was taken back."""

LINE_WORDS = {
    PnlLine.COMMISSION: "комиссия",
    PnlLine.ACQUIRING: "эквайринг",
    PnlLine.LOGISTICS: "логистика",
    PnlLine.RETURN_LOGISTICS: "обратная логистика",
    PnlLine.STORAGE: "хранение",
    PnlLine.ACCEPTANCE: "приёмка",
    PnlLine.INBOUND: "доставка на склад",
    PnlLine.ADS: "реклама",
    PnlLine.PROMO: "акции",
    PnlLine.LOYALTY: "лояльность",
    PnlLine.SUBSCRIPTION: "подписки",
    PnlLine.PENALTY: "штрафы",
    PnlLine.DEDUCTION: "удержания",
    PnlLine.COMPENSATION: "компенсации",
    PnlLine.CORRECTION: "корректировки",
    PnlLine.RFBS: "доставка rfbs",
    PnlLine.OTHER: "прочее",
    PnlLine.FINANCING: "займы и авансы",
}
"""The lines that a type may be booked on. Sales and returns are no types: they have a block of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenLine:
    """``line`` None: as the product's table says."""

    account_id: int
    type_id: int
    line: PnlLine | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePlaced:
    """What a type is booked on from now on, and what before."""

    cabinet: str
    title: str
    before: PnlLine
    after: PnlLine


def ozon_policy(tx: TenantTx, account_id: int) -> OzonPolicy:
    """How this cabinet is read: with its own dictionary and the lines that its people chose."""
    return OzonPolicy(types=TypeBook.of(accrual_types.in_force(tx, account_id)))


def owner_of(db: Database, tenants: Iterable[int], account_id: int) -> int:
    """The organisation of a cabinet. Raises NotFound."""
    for tenant_id in tenants:
        with db.tenant(tenant_id) as tx:
            if any(each.id == account_id for each in accounts.list_accounts(tx)):
                return tenant_id
    raise NotFound(f"Кабинета с номером {account_id} нет.")


def read_line(said: str) -> PnlLine | None:
    """A line by its Russian word; None = "по таблице". Raises BadInput."""
    word = " ".join(said.casefold().split())
    if word == BY_THE_TABLE:
        return None
    for line, name in LINE_WORDS.items():
        if word in (name, name.replace("ё", "е"), line.value):
            return line
    listed = ", ".join(LINE_WORDS.values())
    raise BadInput(f"Такой строки нет: «{said}». Есть: {listed}; «{BY_THE_TABLE}» — отменить выбор.")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceAccrualType:
    """Choose the line of a type for one cabinet."""

    now: datetime

    def __call__(self, tx: TenantTx, order: ChosenLine) -> LinePlaced:
        """Raises NotFound for a cabinet or a type that this organisation has not."""
        cabinets = {each.id: each for each in accounts.list_accounts(tx) if each.marketplace == "OZON"}
        if order.account_id not in cabinets:
            raise NotFound(f"Кабинета Ozon с номером {order.account_id} нет.")
        entry = accrual_types.find_type(tx, order.account_id, order.type_id)
        if entry is None:
            raise NotFound(f"Вида начислений {order.type_id} в словаре этого кабинета нет.")
        before = TypeBook.of([entry]).line(entry.id)
        chosen = entry._replace(line=order.line)
        accrual_types.choose_line(tx, order.account_id, entry, order.line)
        unknown_values.restate(tx, RunKey(order.account_id, unknown_values.DICTIONARY, ""), self.now)
        after = TypeBook.of([chosen]).line(entry.id)
        append_audit(
            tx,
            "accrual_type.placed",
            entry.title or entry.name,
            before={"line": before.value},
            after={"line": after.value, "type": entry.id},
        )
        return LinePlaced(
            cabinet=cabinets[order.account_id].name,
            title=f"{entry.id} {entry.title or entry.name}",
            before=before,
            after=after,
        )
