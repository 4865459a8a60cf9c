"""What befalls a call that is in order: it takes time, Telegram wants peace, the line goes dead."""

from typing import Any

from tests.botapi.world import World


class HungUp(Exception):
    """The connection is cut instead of an answer."""


class Weather:
    """Fair: nothing happens. Others override what they need."""

    async def before(self, world: World, method: str, params: dict[str, Any]) -> None:
        """The call is on its way. May wait, or raise ``Refused``: then it was never done."""

    async def after(self, world: World, method: str, params: dict[str, Any]) -> None:
        """The call was done and the answer is on its way. May wait, or raise ``HungUp``."""


FAIR = Weather()
