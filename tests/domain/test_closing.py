"""A closed month against its document: three residuals, each its own."""

from decimal import Decimal

from app.domain.finance.closing import Goods, closing_residual


def goods(sales: str, returns: str, fee: str) -> Goods:
    return Goods(Decimal(sales), Decimal(returns), Decimal(fee))


def test_goods_bring_sales_less_returns_and_commission():
    assert goods("1000.00", "150.50", "249.50").total == Decimal("600.00")


def test_equal_parts_leave_nothing():
    month = goods("1000.00", "150.50", "249.50")
    assert closing_residual(told=month, booked=month) == goods("0", "0", "0")


def test_two_errors_that_hide_each_other_in_the_total_are_both_told():
    told, booked = goods("1000.00", "100.00", "200.00"), goods("990.00", "90.00", "200.00")
    assert told.total == booked.total
    assert closing_residual(told, booked) == goods("10.00", "10.00", "0.00")
