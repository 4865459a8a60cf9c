"""Sources that only read what is stored: no token, no connection, nobody is called."""

from collections.abc import Sequence
from typing import Any, NoReturn, cast

from app.marketplaces.ozon.client import OzonClient
from app.marketplaces.ozon.key import AdsKey
from app.marketplaces.ozon.performance import Bearer, PerformanceClient
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.ozon.sources import ozon_sources
from app.marketplaces.source import Source
from app.marketplaces.transport import Transport
from app.marketplaces.wb.client import WbClient
from app.marketplaces.wb.policy import WbPolicy
from app.marketplaces.wb.sources import wb_sources
from app.marketplaces.wb.token import TokenType
from app.repositories.runs import KeptPage

_REMAINS = "/api/v1/warehouse_remains"
"""Stock by a base token is another report than by a personal one, under the same name."""


class _Silence:
    """In place of a connection."""

    def call(self, *_: Any, **__: Any) -> NoReturn:
        raise AssertionError("rows are read from what is stored: nobody may be called")


class Readers:
    """The sources of one marketplace, whatever kinds of token they were once read with."""

    def __init__(self, marketplace: str, day_timezone: str, ozon: OzonPolicy | None = None) -> None:
        silence = cast(Transport, _Silence())
        self._base: dict[str, Source] = {}
        if marketplace == "WB":
            told = {
                kind: wb_sources(WbClient(silence), WbPolicy(token_type=kind, day_timezone=day_timezone))
                for kind in (TokenType.PERSONAL, TokenType.BASE)
            }
            self._all = {each.name: each for each in told[TokenType.PERSONAL]}
            self._base = {each.name: each for each in told[TokenType.BASE]}
            self._all = {**self._base, **self._all}
        else:
            client = OzonClient(silence, PerformanceClient(silence, AdsKey("", ""), Bearer()))
            self._all = {each.name: each for each in ozon_sources(client, ozon or OzonPolicy())}

    @property
    def names(self) -> list[str]:
        """In the order of a night: names first, then what refers to them."""
        return sorted(self._all, key=lambda name: "catalogue" not in self._all[name].brings)

    def source(self, name: str, pages: Sequence[KeptPage] = ()) -> Source:
        """Who reads these pages."""
        if name in self._base and any(page.request.path.startswith(_REMAINS) for page in pages):
            return self._base[name]
        return self._all[name]
