"""Whose ledgers there are: an operator's commands go over every organisation, or over one."""

from app.core.errors import NotFound
from app.db.session import Database
from app.repositories.seals import every_tenant


def tenants_asked(db: Database, tenant_id: int | None) -> list[int]:
    """All, or the one named. Raises NotFound where it is not there."""
    with db.platform() as tx:
        known = list(every_tenant(tx))
    if tenant_id is None:
        return known
    if tenant_id not in known:
        raise NotFound(f"Организации № {tenant_id} нет.")
    return [tenant_id]
