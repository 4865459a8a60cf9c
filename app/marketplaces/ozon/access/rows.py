"""A key's papers as one row."""

import json
from collections.abc import Sequence

from app.marketplaces.errors import Garbled
from app.marketplaces.ozon.client import ROLES, SELLER_INFO, read_roles, read_seller
from app.marketplaces.rows import AccessRow
from app.marketplaces.source import Normalised, Page


def normalise_access(pages: Sequence[Page]) -> Normalised:
    """One row of all pages. A seller that could not be asked about leaves what was known of it."""
    told = {page.key.path: page.body for page in pages}
    if ROLES.path not in told:
        raise Garbled(ROLES.budget, "нет ответа о ролях")
    roles = read_roles(told[ROLES.path])
    seller = read_seller(told[SELLER_INFO.path])._asdict() if SELLER_INFO.path in told else {}
    row = AccessRow(
        expires_at=roles.expires_at,
        roles=roles.names,
        # A list of methods that is not told at all says nothing about what is missing.
        missing=tuple(roles.missing()) if roles.methods else (),
        seller=json.dumps(seller, ensure_ascii=False, sort_keys=True) if seller else "",
    )
    return Normalised(access=[row])
