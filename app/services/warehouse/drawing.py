"""What the drawing of every movement shares: whose item, which place, how much is there and where."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.db.session import TenantTx
from app.domain.warehouse.movements import Line, Reason, StockDocument
from app.domain.warehouse.picking import has_expired
from app.repositories import balances, lots, places
from app.repositories.balances import BalanceRow
from app.repositories.items import ItemCard
from app.services.warehouse.goods import cards_by_id, resolve_item
from app.services.warehouse.said import Missing, Said, Slot, Told
from app.services.warehouse.unclear import Choice, Unclear

NEAREST = 5
MAKE = "+"
"""Before a place's code in a choice: make it."""
NO_EXPIRY = "-"
ANY_LOT = "any"
LONGEST_CODE = 30
YEARS_AHEAD = 20
"""Nothing on a shelf is good for longer: a later year is a slip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A movement of which all is known."""

    said: Said
    document: StockDocument
    told: Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """One movement at the table: the transaction it is drawn in, and what day it is there."""

    tx: TenantTx
    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def end_of(self, day: date) -> datetime:
        """The instant at which a day is over."""
        return datetime.combine(day + timedelta(days=1), time(), self.zone)

    def item(
        self, said: Said, question: str = "Какой товар? Пришлите штрихкод, артикул или слова из названия."
    ) -> tuple[Said, ItemCard]:
        if said.item_id is not None:
            card = cards_by_id(self.tx, [said.item_id]).get(said.item_id)
            if card is not None:
                return said, card
            said = replace(said, item_id=None)
        if not said.item:
            raise Missing(Slot.ITEM, question, said=said)
        try:
            card = resolve_item(self.tx, said.item)
        except Unclear as unclear:
            raise Missing(Slot.ITEM, str(unclear), unclear.choices, replace(said, item="")) from unclear
        return replace(said, item_id=card.id, item=""), card

    def qty(self, said: Said, question: str, choices: Sequence[Choice] = ()) -> int:
        if said.qty is None:
            raise Missing(Slot.QTY, question, choices, said)
        return said.qty

    def place(
        self, said: Said, slot: Slot, question: str, near: Sequence[str], *, may_make: bool = True
    ) -> tuple[int, str]:
        """The place's id and its code; ``near`` are the likeliest."""
        code = said.place if slot is Slot.PLACE else said.target
        if not code:
            first = near or places.near_places(self.tx, "", NEAREST)
            raise Missing(slot, question, [Choice(each, each) for each in first[:NEAREST]], said)
        found = places.find_places(self.tx, [code]).get(code)
        if found is not None:
            return found, places.name_places(self.tx, [found])[found]
        emptied = replace(said, place="") if slot is Slot.PLACE else replace(said, target="")
        alike = places.near_places(self.tx, code, NEAREST)
        choices = [Choice(each, each) for each in alike]
        if may_make and (name := place_code(code)):
            choices.insert(0, Choice(f"Создать место {name}", MAKE + name))
        elif may_make:
            raise Missing(
                slot, f"Код места — до {LONGEST_CODE} знаков, с буквой или цифрой.", choices, emptied
            )
        tail = " Похожие:" if alike else ""
        if may_make:
            tail = " Создать его или выбрать похожее?" if alike else " Создать его?"
        raise Missing(slot, f"Места «{code[:LONGEST_CODE]}» нет.{tail}", choices, emptied)

    def there(self, item_id: int, *, with_empty: bool = False) -> list[BalanceRow]:
        return balances.list_balances(self.tx, [item_id], with_empty=with_empty)

    def lying(self, said: Said, card: ItemCard, why: str = "") -> list[BalanceRow]:
        """Where there is any of the item. Raises Missing where there is none; ``why``: what that prevents."""
        rows = [row for row in self.there(card.id) if row.on_hand > 0]
        if not rows:
            raise Missing(
                Slot.ITEM,
                f"«{card.article}» на складе нет{why}. Другой товар?",
                said=replace(said, item_id=None),
            )
        return rows

    def lot_to_be(self, item_id: int, expires: date | None) -> int:
        """The lot of that last day, made where it is not there yet; 0 is no lot."""
        return 0 if expires is None else lots.ensure_lots(self.tx, [(item_id, expires)])[item_id, expires]

    def last_day(self, said: Said) -> date | None:
        """The last day of goods that come. Raises Missing for one that is over, or absurdly far."""
        day = said.expires
        if day is None:
            return None
        again = replace(said, expires=None)
        if has_expired(day, self.today):
            later = [_in_year(day, year) for year in (self.today.year, self.today.year + 1)]
            choices = [_until(each) for each in later if each is not None and each >= self.today]
            raise Missing(
                Slot.EXPIRES,
                f"Срок до {day:%d.%m.%Y} уже прошёл: просроченное на полку не ставят. Какой на упаковке?",
                [*choices, Choice("Без срока", NO_EXPIRY)],
                again,
            )
        if day.year > self.today.year + YEARS_AHEAD:
            raise Missing(
                Slot.EXPIRES,
                f"{day:%d.%m.%Y} — дальше {YEARS_AHEAD} лет, похоже на опечатку. Какой срок на упаковке?",
                [Choice("Без срока", NO_EXPIRY)],
                again,
            )
        return day

    def lot_at(self, said: Said, rows: Sequence[BalanceRow], question: str) -> BalanceRow:
        """The one lot of a place that is meant, of those that lie there."""
        named = [row for row in rows if _is_meant(said, row)]
        if len(named) == 1:
            return named[0]
        again = replace(said, lot_id=None, expires=None, no_expiry=False)
        choices = [Choice(f"{lot_words(row)}: {row.on_hand} шт.", str(row.lot_id)) for row in (named or rows)]
        if not named:
            day = said.expires
            asked = f"до {day:%d.%m.%Y}" if day else "без срока"
            raise Missing(Slot.LOT, f"Партии {asked} на {rows[0].code} нет. Какую берём?", choices, again)
        raise Missing(Slot.LOT, question, choices, again)


def document(reason: Reason, lines: Sequence[Line], note: str = "", **more: object) -> StockDocument:
    """As the chat posts it: all of it or nothing, under the draft's reference."""
    return StockDocument(reason=reason, ref="", lines=tuple(lines), atomic=True, note=note, **more)  # type: ignore[arg-type]


def place_code(typed: str) -> str:
    """A code for a new place as it will stand on the shelf; "" for what cannot be one."""
    code = "".join(typed.split()).upper()
    fits = 0 < len(code) <= LONGEST_CODE and code.isprintable() and any(each.isalnum() for each in code)
    return code if fits else ""


def lot_words(row: BalanceRow) -> str:
    """«до 31.05.2027», «без срока», with the lot's own name where it has one."""
    if row.expires_on is None:
        return f"партия {row.lot}" if row.lot else "без срока"
    named = f", партия {row.lot}" if row.lot != row.expires_on.isoformat() else ""
    return f"до {row.expires_on:%d.%m.%Y}{named}"


def full_stop(words: str) -> str:
    """The words as a sentence; «шт.» has its full stop already."""
    return words if words.endswith(".") else f"{words}."


def where(rows: Sequence[BalanceRow], limit: int = NEAREST) -> str:
    """«A-01-03 — 10 шт., B-02 — 2 шт.»: what is free, by place."""
    sums: dict[str, int] = {}
    for row in rows:
        sums[row.code] = sums.get(row.code, 0) + row.available
    told = sorted(
        ((qty, code) for code, qty in sums.items() if qty > 0), key=lambda each: (-each[0], each[1])
    )
    words = ", ".join(f"{code} — {qty} шт." for qty, code in told[:limit])
    return words + (f" и ещё мест: {len(told) - limit}" if len(told) > limit else "")


def not_there(said: Said, code: str, rows: Sequence[BalanceRow]) -> Missing:
    """Nothing of the item is at the place that was named: where there is some."""
    return Missing(
        Slot.PLACE,
        full_stop(f"На {code} этого товара нет. Он лежит здесь: {where(rows) or 'только в резерве'}"),
        place_choices(rows),
        replace(said, place=""),
    )


def place_choices(rows: Sequence[BalanceRow]) -> list[Choice]:
    """Places where something is free, to choose from."""
    sums: dict[str, int] = {}
    for row in rows:
        sums[row.code] = sums.get(row.code, 0) + row.available
    return [Choice(f"{code}: {qty} шт.", code) for code, qty in sums.items() if qty > 0][:NEAREST]


def _is_meant(said: Said, row: BalanceRow) -> bool:
    if said.lot_id is not None:
        return row.lot_id == said.lot_id
    if said.expires is not None:
        return row.expires_on == said.expires
    return row.expires_on is None if said.no_expiry else True


def _until(day: date) -> Choice:
    return Choice(f"до {day:%d.%m.%Y}", day.isoformat())


def _in_year(day: date, year: int) -> date | None:
    try:
        return day.replace(year=year)
    except ValueError:
        return None
