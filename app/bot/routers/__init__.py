"""Handlers: parse, do, show. A router module ends in ``setup() -> Router``."""

from aiogram import Router

from app.bot.routers import (
    admin,
    analytics,
    api,
    cabinets,
    connect,
    files,
    find,
    goods,
    house,
    items,
    jobs,
    money,
    moves,
    orders,
    org,
    people,
    photo,
    records,
    reviews,
    shelf_book,
    start,
)


def all_routers() -> list[Router]:
    """In the order they are asked; the last one takes what nobody understood."""
    return [
        start.setup(), money.setup(), goods.setup(), analytics.setup(), house.setup(), connect.setup(),
        cabinets.setup(),
        people.setup(), org.setup(), api.setup(), admin.setup(), records.setup(), jobs.setup(),
        orders.setup(), reviews.setup(), moves.setup(), shelf_book.setup(),
        find.setup(), items.setup(), photo.setup(), files.setup(),
        start.setup_last(),
    ]  # fmt: skip
