"""Small frames for the domain tests, typed as the database hands them over."""

from collections.abc import Iterable
from datetime import date, timedelta

import polars as pl
from hypothesis import settings

checked = settings(deadline=None, max_examples=60)
"""How the property tests run: the machines are noisy, so no deadline."""

DAY_ONE = date(2026, 9, 1)


def day(number: int) -> date:
    """The ``number``-th day of the story, counted from 0."""
    return DAY_ONE + timedelta(days=number)


def int_frame(**columns: Iterable[int | None]) -> pl.DataFrame:
    return pl.DataFrame(
        {name: list(values) for name, values in columns.items()}, schema=dict.fromkeys(columns, pl.Int64)
    )


def dated_frame(sku_id: list[int], numbers: list[int], of: str = "d", **columns: list[int]) -> pl.DataFrame:
    return int_frame(sku_id=sku_id, **columns).insert_column(
        1, pl.Series(of, [day(number) for number in numbers], dtype=pl.Date)
    )


def computed(frame: pl.DataFrame, expression: pl.Expr) -> list[int | None]:
    column = frame.select(expression.alias("computed"))["computed"]
    assert column.dtype == pl.Int64
    return column.to_list()
