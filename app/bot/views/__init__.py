"""Pure functions from a report to a screen. No clock, no markup, no Telegram."""

from app.bot.views.admin import (
    admin_code,
    choose_admin,
    dw_refreshed,
    installation,
    made_admin,
    sure_admin,
    you_are_admin,
)
from app.bot.views.analytics import abc, ageing, analytics, slow, valuation
from app.bot.views.api import api_made, api_name, api_roles, api_sure, api_tokens
from app.bot.views.audit import audit
from app.bot.views.connect import (
    cabinet,
    cabinet_name,
    cabinet_sure,
    connect_choice,
    connect_left,
    connected,
    ozon_steps,
    secret_stays,
    wb_steps,
)
from app.bot.views.cost import cost_set, cost_undone
from app.bot.views.errors import broken, refused
from app.bot.views.files import file_checked, file_dropped, file_posted, files, which_kind
from app.bot.views.find import found, item, scanned
from app.bot.views.help import help_screen
from app.bot.views.items import decided, decided_many, item_made, link_ask, link_unclear, listings
from app.bot.views.job import job
from app.bot.views.jobs import job_news, jobs
from app.bot.views.money import money
from app.bot.views.moves import move_done, move_dropped, move_left, move_step
from app.bot.views.org import ask_name, founded, organisations, renamed, switched
from app.bot.views.people import (
    invite_made,
    invite_roles,
    joined,
    member,
    people,
    removed,
    role_changed,
    you_left,
    you_were_removed,
    your_role_changed,
)
from app.bot.views.pnl import pnl
from app.bot.views.reviews import review_answered, review_ask, review_sure, reviews
from app.bot.views.shelf_book import history, hold, holds, paper, undo_list, undone
from app.bot.views.start import became_admin, closed, greeting, not_a_command, private_only, stray_secret
from app.bot.views.status import status
from app.bot.views.stock import stock, stock_card
from app.bot.views.supply import supply
from app.bot.views.today import today

__all__ = [
    "abc",
    "admin_code",
    "ageing",
    "analytics",
    "api_made",
    "api_name",
    "api_roles",
    "api_sure",
    "api_tokens",
    "ask_name",
    "audit",
    "became_admin",
    "broken",
    "cabinet",
    "cabinet_name",
    "cabinet_sure",
    "choose_admin",
    "closed",
    "connect_choice",
    "connect_left",
    "connected",
    "cost_set",
    "cost_undone",
    "decided",
    "decided_many",
    "dw_refreshed",
    "file_checked",
    "file_dropped",
    "file_posted",
    "files",
    "found",
    "founded",
    "greeting",
    "help_screen",
    "history",
    "hold",
    "holds",
    "installation",
    "invite_made",
    "invite_roles",
    "item",
    "item_made",
    "job",
    "job_news",
    "jobs",
    "joined",
    "link_ask",
    "link_unclear",
    "listings",
    "made_admin",
    "member",
    "money",
    "move_done",
    "move_dropped",
    "move_left",
    "move_step",
    "not_a_command",
    "organisations",
    "ozon_steps",
    "paper",
    "people",
    "pnl",
    "private_only",
    "refused",
    "removed",
    "renamed",
    "review_answered",
    "review_ask",
    "review_sure",
    "reviews",
    "role_changed",
    "scanned",
    "secret_stays",
    "slow",
    "status",
    "stock",
    "stock_card",
    "stray_secret",
    "supply",
    "sure_admin",
    "switched",
    "today",
    "undo_list",
    "undone",
    "valuation",
    "wb_steps",
    "which_kind",
    "you_are_admin",
    "you_left",
    "you_were_removed",
    "your_role_changed",
]
