"""Rotation of the master key, and which keys are in use.

The files are switched first, so everybody seals with the new key from then on; then every tenant's
tokens are sealed anew in small transactions under its own wall. Killed anywhere it is begun again
and does what is left: the former key stays where vaults find it until nothing needs it.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from app.core.crypto import Vault
from app.core.errors import Conflict
from app.core.master_key import KeyFiles, name_key, read_key
from app.db.embedded.locks import locked
from app.db.session import Database
from app.repositories import seals
from app.repositories.audit import append_audit
from app.services.tenancy.connect import account_aad

BATCH = 100
"""Tokens a transaction: each is a row lock that a seller who reconnects waits for."""

Told = Callable[[int], None]
"""Told after each batch how many tokens are sealed anew so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unopened:
    """A token that no key at hand opens; it stays as it is."""

    tenant_id: int
    name: str
    key_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """What a rotation did. ``retired`` is the former key's file, to be destroyed by hand."""

    key_id: str
    resealed: int
    unopened: tuple[Unopened, ...]
    retired: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysInUse:
    """Tokens by key: the id that seals now, the former one during a rotation, how many each sealed."""

    current: str
    old: str | None
    sealed: dict[str, int]
    lost: frozenset[str]
    """Ids that sealed something and that no file holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateKeys:
    """Gives the installation a new master key while it works."""

    db: Database
    files: KeyFiles
    batch: int = BATCH

    def prepare(self, new: bytes | None = None) -> str:
        """Only switch the files; the id of the key that seals from now on.

        Raises:
            Conflict: the key given is in use, or another rotation is not finished.
        """
        with self._alone():
            self.files.switch(new)
            return name_key(read_key(self.files.current))

    def __call__(self, new: bytes | None = None, told: Told = lambda _count: None) -> Rotated:
        """Switch the files, unless that was done, and seal every token anew.

        Raises:
            Conflict: the key given is in use, or another rotation is not finished.
        """
        with self._alone():
            self.files.switch(new)
            former = self.files.pending()
            vault = Vault(read_key(self.files.current), self.files)
            resealed, unopened = self._every_tenant(vault, told)
            self._note(vault.key_id, name_key(former) if former else "", len(unopened))
            return Rotated(
                key_id=vault.key_id,
                resealed=resealed,
                unopened=tuple(unopened),
                retired=self.files.retire(),
            )

    def _alone(self) -> AbstractContextManager[None]:
        return locked(self.files.current.with_name(self.files.current.name + ".lock"))

    def _every_tenant(self, vault: Vault, told: Told) -> tuple[int, list[Unopened]]:
        """Until a round finds nothing: a process may have sealed with the former key just before."""
        total = 0
        while True:
            before, unopened = total, list[Unopened]()
            for tenant_id in _tenants(self.db):
                for done in self._batches(vault, tenant_id, unopened):
                    told(total := total + done)
            if total == before:
                return total, unopened

    def _batches(self, vault: Vault, tenant_id: int, unopened: list[Unopened]) -> Iterator[int]:
        """One tenant's tokens, each batch a transaction that is over when its count is told."""
        after = 0
        while True:
            done = 0
            with self.db.tenant(tenant_id) as tx:
                rows = seals.take_foreign(tx, vault.key_id, after, self.batch)
                for row in rows:
                    aad = account_aad(tenant_id, row.marketplace, row.seller_key)
                    try:
                        secret = vault.decrypt(row.sealed, aad)
                    except Conflict:
                        unopened.append(
                            Unopened(tenant_id=tenant_id, name=row.name, key_id=row.sealed.key_id)
                        )
                        continue
                    seals.put_seal(tx, row.id, vault.encrypt(secret, aad))
                    done += 1
            if not rows:
                return
            after = rows[-1].id
            yield done

    def _note(self, key_id: str, former: str, unopened: int) -> None:
        sealed = keys_in_use(self.db, self.files).sealed.get(key_id, 0)
        with self.db.platform() as tx:
            append_audit(
                tx,
                "keys.rotated",
                key_id,
                before={"key_id": former},
                after={"key_id": key_id, "tokens": sealed, "unopened": unopened},
            )


def keys_in_use(db: Database, files: KeyFiles) -> KeysInUse:
    """Which key sealed how many tokens, of all organisations."""
    sealed: Counter[str] = Counter()
    for tenant_id in _tenants(db):
        with db.tenant(tenant_id) as tx:
            sealed.update(seals.count_seals(tx))
    old = files.pending()
    return KeysInUse(
        current=name_key(read_key(files.current)),
        old=name_key(old) if old else None,
        sealed=dict(sealed),
        lost=frozenset(key_id for key_id in sealed if files.find(key_id) is None),
    )


def _tenants(db: Database) -> list[int]:
    with db.platform() as tx:
        return seals.every_tenant(tx)
