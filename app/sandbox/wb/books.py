"""The seller's own WB books: a day's sums straight from the event log, not from any API row."""

from dataclasses import dataclass

from app.sandbox.ledger import STORNO, Lines
from app.sandbox.money import booked, total
from app.sandbox.wb import fees, lumps
from app.sandbox.world import World

DEDUCTED = (lumps.ADS, lumps.REVIEWS)


@dataclass(frozen=True, slots=True)
class DayTotals:
    """Sums of one day's report in kopecks. ``for_pay`` is net of returns and holds compensations."""

    rows: int
    sales: int
    returns: int
    paid: int
    for_pay: int
    compensation: int
    logistics: int
    storage: int
    acceptance: int
    penalty: int
    deduction: int
    fee_correction: int
    units_sold: int
    units_returned: int

    @property
    def payout(self) -> int:
        """«Итого к оплате», by the formula that met the portal to the kopeck."""
        return payout(
            for_pay=self.for_pay,
            logistics=self.logistics,
            storage=self.storage,
            acceptance=self.acceptance,
            penalty=self.penalty,
            deduction=self.deduction,
            fee_correction=self.fee_correction,
        )


def payout(
    *,
    for_pay: int,
    logistics: int = 0,
    storage: int = 0,
    acceptance: int = 0,
    penalty: int = 0,
    deduction: int = 0,
    fee_correction: int = 0,
) -> int:
    """What reaches the bank, in kopecks: to transfer less every service and charge."""
    return for_pay - logistics - storage - acceptance - penalty - deduction - fee_correction


def wb_day(world: World, t: int, kind: int | None = None) -> DayTotals:
    """Totals of day ``t`` by the day of the report; ``kind`` 1 main, 2 «по выкупам», None both."""
    ledger, shelf = world.wb.ledger, world.wb.shelf

    def of(bucket: str) -> Lines:
        lines = ledger.on(bucket, t)
        return lines if kind is None else lines[fees.in_buyout_report(lines) == (kind == 2)]

    sold, back, cancelled = of("sold_rec"), of("back_rec"), of("cancel")
    refused = cancelled[cancelled["cancel"] > cancelled["day"]]
    carried_back = back[(back["flags"] & STORNO) == 0]
    plus, minus = fees.sale_money(sold, shelf), fees.sale_money(back, shelf)
    sundry: dict[str, int] = {}
    for lump in ledger.sundries(t) if kind in (None, 1) else ():
        sundry[lump.kind] = sundry.get(lump.kind, 0) + lump.amount
    compensation = sundry.get(lumps.COMPENSATION, 0)
    return DayTotals(
        rows=len(sold) + len(back) + len(refused) + len(sundry),
        sales=total(plus.seller_price),
        returns=total(minus.seller_price),
        paid=total(plus.paid) - total(minus.paid),
        for_pay=total(plus.for_pay) - total(minus.for_pay) + compensation,
        compensation=compensation,
        logistics=total(fees.delivery(sold, shelf))
        + total(fees.delivery(refused, shelf))
        + total(fees.way_back(refused, shelf))
        + total(fees.way_back(carried_back, shelf))
        + sundry.get(lumps.LOGISTICS_CORRECTION, 0),
        storage=sundry.get(lumps.STORAGE, 0),
        acceptance=sundry.get(lumps.ACCEPTANCE, 0),
        penalty=sundry.get(lumps.FINE, 0),
        deduction=sum(sundry.get(name, 0) for name in DEDUCTED),
        fee_correction=sundry.get(lumps.FEE_CORRECTION, 0),
        units_sold=len(sold),
        units_returned=len(back),
    )


def wb_page(world: World, t: int) -> dict[str, str | int]:
    """The day as the books show it: rubles with two decimals, pieces as numbers."""
    day = wb_day(world, t)
    return {
        "payout": booked(day.payout),
        "sales": booked(day.sales),
        "returns": booked(day.returns),
        "retail_amount": booked(day.paid),
        "for_pay": booked(day.for_pay),
        "compensation": booked(day.compensation),
        "logistics": booked(day.logistics),
        "storage": booked(day.storage),
        "acceptance": booked(day.acceptance),
        "penalty": booked(day.penalty),
        "deduction": booked(day.deduction),
        "additional_payment": booked(day.fee_correction),
        "units_sold": day.units_sold,
        "units_returned": day.units_returned,
    }
