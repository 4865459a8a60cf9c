"""Handlers: parse, do, show. A router module ends in ``setup() -> Router``."""

from aiogram import Router

from app.bot.routers import (
    admin,
    cabinets,
    connect,
    goods,
    house,
    jobs,
    money,
    org,
    people,
    records,
    reviews,
    start,
)


def all_routers() -> list[Router]:
    """In the order they are asked; the last one takes what nobody understood."""
    return [
        start.setup(), money.setup(), goods.setup(), house.setup(), connect.setup(), cabinets.setup(),
        people.setup(), org.setup(), admin.setup(), records.setup(), jobs.setup(),
        reviews.setup(),
        start.setup_last(),
    ]  # fmt: skip
