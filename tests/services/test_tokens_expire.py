"""Owners are warned of a token's end fourteen, seven and one days ahead, each time once."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from app.core.clock import FixedClock
from app.core.crypto import open_vault
from app.db.session import Database
from app.queue.outbox import PostgresOutbox
from app.services.night import NightReport
from app.services.tell import Teller
from app.services.tenancy.cabinets import CabinetQuery, ShowCabinet
from app.services.tenancy.connect import CheckedToken, StoreAccount
from app.services.tenancy.people import enrol
from tests.support.worlds import Cabinet, make_cabinet, make_tenant

ENDS = datetime(2026, 12, 20, 18, 0, tzinfo=UTC)
OWNER, STOREKEEPER, ADMIN = 501, 503, 900


@dataclass(slots=True)
class Mail:
    db: Database
    cabinet: Cabinet

    def __post_init__(self) -> None:
        self.teller = Teller(db=self.db, outbox=PostgresOutbox(clock=FixedClock(ENDS)))

    teller: Teller = None  # type: ignore[assignment]

    def night(self, left: int) -> list[tuple[int, str]]:
        """The night after which the token has so many days left; what was written for whom."""
        today = ENDS.date() - timedelta(days=left)
        self.teller.night(NightReport(tenant_id=self.cabinet.tenant_id, d=today - timedelta(days=1)))
        with self.db.platform() as tx:
            found = tx.run("SELECT payload FROM outbox_event ORDER BY id").scalars().all()
            tx.run("UPDATE outbox_event SET payload = jsonb_build_object('chat', 0)")
        return [(row["chat"], row["words"]) for row in found if row.get("kind") == "token"]

    def set(self, sql: str, **params: object) -> None:
        with self.db.tenant(self.cabinet.tenant_id) as tx:
            tx.run(f"UPDATE marketplace_account SET {sql} WHERE tenant_id = :tenant_id", **params)


@pytest.fixture
def mail(db: Database) -> Mail:
    with db.platform() as tx:
        for table in ("outbox_event", "membership", "app_user"):
            tx.run(f"DELETE FROM {table}")
    tenant_id = make_tenant(db, "ИП Лён")
    with db.platform() as tx:
        enrol(tx, ADMIN, "Админ", make_house(tx), "owner", is_admin=True)
        enrol(tx, OWNER, "Хозяйка", tenant_id, "owner")
        enrol(tx, STOREKEEPER, "Кладовщик", tenant_id, "storekeeper")
    mail = Mail(db, make_cabinet(db, "WB", tenant_id))
    mail.set("expires_at = :ends", ends=ENDS)
    return mail


def make_house(tx: object) -> int:
    found = tx.run("INSERT INTO tenant (name) VALUES ('Хозяева') RETURNING id")  # type: ignore[attr-defined]
    return int(found.scalar_one())


def test_each_warning_is_told_once(mail: Mail) -> None:
    told = [(left, mail.night(left)) for left in (20, 15, 14, 14, 13, 8, 7, 6, 2, 1, 0)]
    letters = [(left, chat) for left, found in told for chat, _ in found]
    assert letters == [(14, OWNER), (7, OWNER), (1, OWNER)]
    words = [text for _, found in told for _, text in found]
    assert "истекает 20.12.2026, дней осталось: 14" in words[0]
    assert words[2] == (
        "Токен кабинета «Кабинет» истекает завтра. Выпустите новый на площадке и пришлите его: /connect. "
        "История и настройки останутся."
    )


def test_who_was_away_at_fourteen_is_warned_at_ten(mail: Mail) -> None:
    assert len(mail.night(10)) == 1
    assert mail.night(9) == []


def test_a_new_token_is_warned_of_anew(mail: Mail) -> None:
    assert len(mail.night(7)) == 1
    mail.set("expires_at = :ends", ends=ENDS + timedelta(days=5))
    assert len(mail.night(7)) == 1, "twelve days now: the fourteen of another token"


def test_no_warning_where_nothing_can_be_done_or_need_be(mail: Mail) -> None:
    mail.set("state = 'off'")
    assert mail.night(1) == []
    mail.set("state = 'active', expires_at = NULL")
    assert mail.night(1) == []
    mail.set("expires_at = :ends", ends=ENDS)
    assert mail.night(-1) == [], "it is refused by now, which is told otherwise"


def test_the_day_is_moscows(mail: Mail) -> None:
    assert date(2026, 12, 20) == ENDS.date()
    mail.set("expires_at = :ends", ends=datetime(2026, 12, 19, 22, 0, tzinfo=UTC))
    assert "завтра" in mail.night(1)[0][1]


def test_the_sellers_name_is_kept_from_the_first_token_on(db: Database, tmp_path: Path) -> None:
    vault, _ = open_vault(tmp_path / "master.key")
    tenant_id, store = make_tenant(db), StoreAccount(vault=vault)
    token = CheckedToken(
        marketplace="WB",
        seller_key="sid-1",
        name="Лён",
        kind="базовый",
        scopes=(),
        missing_scopes=(),
        expires_at=ENDS,
        notes=(),
        secret="a.b.c",
        info={"name": "ИП Льнова", "sid": "sid-1", "trade_mark": "Лён"},
    )
    with db.tenant(tenant_id) as tx:
        first = store(tx, token)
    with db.tenant(tenant_id) as tx:
        again = store(tx, replace(token, name="", info={}, secret="a.b.d"))  # not told: once a day
        shown = ShowCabinet()(tx, CabinetQuery(account_id=again.account_id))
        asked_at = tx.run("SELECT info_at FROM marketplace_account WHERE tenant_id = :tenant_id").scalar()
    assert (again.account_id, again.is_replaced) == (first.account_id, True)
    assert (shown.name, shown.seller) == ("Лён", "ИП Льнова")
    assert asked_at is not None
