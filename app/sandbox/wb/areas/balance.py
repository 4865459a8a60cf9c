"""account/balance: what has been earned since the last weekly report was made out."""

from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web

from app.sandbox.http import reply
from app.sandbox.limits import Rate
from app.sandbox.wb.area import Route
from app.sandbox.wb.books import wb_day
from app.sandbox.wb.door import HOUR, MINUTE, Method
from app.sandbox.world import World

BALANCE = Method("finance-api", "/api/v1/account/balance", Rate(MINUTE), Rate(24 * HOUR))


@dataclass(frozen=True, slots=True)
class Balance:
    """The account of one world's seller."""

    world: World

    def routes(self) -> list[Route]:
        return [Route("GET", BALANCE, self.show)]

    async def show(self, _request: web.Request) -> web.Response:
        """Days of the open week are owed; none of them can be taken out yet."""
        monday = self.world.today - timedelta(days=self.world.today.weekday())
        days = range(max(self.world.t(monday), self.world.first_t), self.world.now_t)
        owed = sum(wb_day(self.world, t, kind).payout for t in days for kind in (1, 2))
        return reply({"currency": "RUB", "current": owed / 100, "for_withdraw": 0})
