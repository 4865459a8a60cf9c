"""POST /admin/refresh_mv: the operator's own address, there only where ADMIN_TOKEN is set."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from app.db.session import Database
from app.services.dw import in_words, refresh_dw
from app.web.api import Api, answered
from app.web.auth import ADMIN_HEADER, is_admin
from app.web.errors import Refusal
from app.web.wire.reads import RefreshReply

PATH = "/admin/refresh_mv"


def add_to(app: web.Application, api: Api, db: Database, secret: str) -> None:
    """``secret`` is the setting's."""
    app.router.add_post(PATH, _handler(api, db, secret))


def _handler(api: Api, db: Database, secret: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    def work() -> web.Response:
        done = refresh_dw(db)
        told = RefreshReply(
            refreshed_at=done.at, closed=done.closed, opened=done.opened, message=in_words(done)
        )
        return answered(told)

    async def refresh(request: web.Request) -> web.Response:
        if not is_admin(request, secret):
            raise Refusal(401, "unauthorized", f"Нужен заголовок {ADMIN_HEADER} с токеном оператора.")
        return await api.aside(work)

    return refresh
