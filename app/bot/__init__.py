"""Telegram: handlers, views and what sends them."""

from app.bot.unbuilt import import_aiogram_unbuilt

import_aiogram_unbuilt()  # before any module here imports aiogram
