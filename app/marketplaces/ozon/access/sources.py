"""Roles and expiry of the key, and the seller behind it, once a night: keys live three months."""

# ruff: noqa: ARG002 - the port has one signature for all sources

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import structlog

from app.marketplaces.errors import Garbled, NotOffered, Refused, ScopeMissing
from app.marketplaces.ozon.access.rows import normalise_access
from app.marketplaces.ozon.client import ROLES, SELLER_INFO, OzonClient, read_roles, read_seller
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.source import Kind, Normalised, Page, Source, Unit

log = structlog.get_logger(__name__)

_SELLER = "seller"
"""The cursor after the roles."""


def sources(client: OzonClient, policy: OzonPolicy) -> list[Source]:  # noqa: ARG001 - as every area's
    """The key's papers."""
    return [OzonAccess(client)]


@dataclass(frozen=True, slots=True)
class OzonAccess:
    """/v1/roles, then /v1/seller/info, which a key may lack: the expiry is known all the same."""

    client: OzonClient
    name: str = "ozon.access"
    replaces: bool = False
    brings: frozenset[Kind] = frozenset({"access"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [Unit("now", d_to, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        if cursor != _SELLER:
            reply = self.client.transport.call(ROLES, body={})
            read_roles(reply.body)
            yield Page(reply.request, reply.body, _SELLER)
        try:
            reply = self.client.transport.call(SELLER_INFO, body={})
            read_seller(reply.body)
        except (NotOffered, ScopeMissing, Refused, Garbled) as error:
            log.info("seller_not_told", why=str(error))
            return
        yield Page(reply.request, reply.body, "")

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_access(pages)
