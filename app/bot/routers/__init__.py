"""Handlers: parse, do, show. A router module ends in ``setup() -> Router``."""

from aiogram import Router

from app.bot.routers import connect, goods, house, money, start


def all_routers() -> list[Router]:
    """In the order they are asked; the last one takes what nobody understood."""
    return [
        start.setup(), money.setup(), goods.setup(), house.setup(), connect.setup(), start.setup_last(),
    ]  # fmt: skip
