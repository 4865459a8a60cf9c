"""Connected cabinets as their owner manages them: look, rename, switch off, switch on again."""

from dataclasses import dataclass, replace
from datetime import datetime

from app.core.errors import BadInput, Conflict, NotFound
from app.db.session import TenantTx
from app.repositories import accounts
from app.repositories.accounts import StoredAccount
from app.repositories.audit import append_audit

OFF, ON = "off", "active"
NAME_LIMIT = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Cabinet:
    """A cabinet as it is shown; ``state`` is active, refused or off."""

    account_id: int
    marketplace: str
    name: str
    state: str
    token_tail: str
    expires_at: datetime | None
    trace_id: str = ""
    seller: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CabinetsQuery:
    """All of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CabinetQuery:
    """One of them."""

    account_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CabinetSwitch:
    """Collect from it (again), or not any more. What was collected stays either way."""

    account_id: int
    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CabinetName:
    """Call it so."""

    account_id: int
    name: str


class ListCabinets:
    """In the order they were connected."""

    def __call__(self, tx: TenantTx, query: CabinetsQuery) -> tuple[Cabinet, ...]:  # noqa: ARG002
        return tuple(_cabinet(each) for each in accounts.list_accounts(tx))


class ShowCabinet:
    """One cabinet."""

    def __call__(self, tx: TenantTx, query: CabinetQuery) -> Cabinet:
        """Raises NotFound for a cabinet of nobody or of another organisation."""
        return _find(tx, query.account_id)


class SwitchCabinet:
    """Off: no night asks it any more. On: its stored token is used again."""

    def __call__(self, tx: TenantTx, order: CabinetSwitch) -> Cabinet:
        """Raises NotFound; Conflict where it is so already."""
        cabinet = _find(tx, order.account_id, lock=True)
        if (cabinet.state != OFF) == order.on:
            raise Conflict(f"Кабинет «{cabinet.name}» уже {'подключён' if order.on else 'отключён'}.")
        state = ON if order.on else OFF
        accounts.set_state(tx, order.account_id, state)
        append_audit(
            tx,
            "cabinet.on" if order.on else "cabinet.off",
            cabinet.name,
            before={"state": cabinet.state},
            after={"state": state},
        )
        return replace(_find(tx, order.account_id), trace_id=tx.trace_id)


class RenameCabinet:
    """Give it a name of the owner's own; a new token does not take it away."""

    def __call__(self, tx: TenantTx, order: CabinetName) -> Cabinet:
        """Raises NotFound; BadInput for a name of nothing; Conflict for one that another cabinet of the
        same marketplace has: nobody could tell them apart."""
        if not order.name.strip() or len(order.name) > NAME_LIMIT:
            raise BadInput(f"Название кабинета — от 1 до {NAME_LIMIT} знаков.")
        cabinet = _find(tx, order.account_id, lock=True)
        for each in accounts.list_accounts(tx):
            if (each.marketplace, each.name) == (cabinet.marketplace, order.name):
                raise Conflict(f"Кабинет «{order.name}» уже есть.")
        accounts.rename(tx, order.account_id, order.name)
        append_audit(
            tx, "cabinet.renamed", order.name, before={"name": cabinet.name}, after={"name": order.name}
        )
        return replace(_find(tx, order.account_id), trace_id=tx.trace_id)


def _find(tx: TenantTx, account_id: int, *, lock: bool = False) -> Cabinet:
    if lock:
        tx.run(
            "SELECT 1 FROM marketplace_account WHERE tenant_id = :tenant_id AND id = :id FOR UPDATE",
            id=account_id,
        )
    for each in accounts.list_accounts(tx):
        if each.id == account_id:
            return _cabinet(each)
    raise NotFound("Такого кабинета нет. Ваши кабинеты: /connect")


def _cabinet(account: StoredAccount) -> Cabinet:
    return Cabinet(
        account_id=account.id,
        marketplace=account.marketplace,
        name=account.name,
        state=account.state,
        token_tail=account.token_tail,
        expires_at=account.expires_at,
        seller=account.seller,
    )
