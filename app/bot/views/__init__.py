"""Pure functions from a report to a screen. No clock, no markup, no Telegram."""

from app.bot.views.connect import connect_choice, connect_left, connected, ozon_steps, secret_stays, wb_steps
from app.bot.views.cost import cost_set, cost_undone
from app.bot.views.errors import broken, refused
from app.bot.views.help import help_screen
from app.bot.views.job import job
from app.bot.views.pnl import pnl
from app.bot.views.start import became_admin, closed, greeting, not_a_command, private_only, stray_secret
from app.bot.views.status import status
from app.bot.views.stock import stock
from app.bot.views.supply import supply
from app.bot.views.today import today

__all__ = [
    "became_admin",
    "broken",
    "closed",
    "connect_choice",
    "connect_left",
    "connected",
    "cost_set",
    "cost_undone",
    "greeting",
    "help_screen",
    "job",
    "not_a_command",
    "ozon_steps",
    "pnl",
    "private_only",
    "refused",
    "secret_stays",
    "status",
    "stock",
    "stray_secret",
    "supply",
    "today",
    "wb_steps",
]
