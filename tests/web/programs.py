"""Programs with tokens, over a module's database, as they ask in earnest."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestClient, TestServer

from app.core.clock import FixedClock
from app.core.config import Settings
from app.db.session import Database
from app.services.tenancy.api_tokens import ApiToken, add_token
from app.web.app import WebDeps, build_app
from tests.support.shelf import NOON, Shelf


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply, and its body as JSON."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def code(self) -> str:
        """Of an error."""
        return str(self.body["error"]["code"])


@dataclass(frozen=True, slots=True)
class Program:
    """Asks with a token, or "" without one."""

    client: TestClient  # type: ignore[type-arg]
    secret: str = ""

    async def asks(self, method: str, path: str, **more: Any) -> Reply:
        headers = {"Authorization": f"Bearer {self.secret}"} if self.secret else {}
        headers |= more.pop("headers", {})
        async with self.client.request(method, path, headers=headers, **more) as reply:
            return Reply(reply.status, await reply.json(), reply.headers)

    async def gets(self, path: str, **query: Any) -> Reply:
        return await self.asks("GET", path, params=query)

    async def posts(self, path: str, ref: str | None = None, *lines: Mapping[str, Any], **more: Any) -> Reply:
        body = {**({} if ref is None else {"ref": ref}), **({"lines": lines} if lines else {}), **more}
        return await self.asks("POST", path, json=body)


def token(db: Database, tenant_id: int, role: str = "owner", name: str = "1С") -> ApiToken:
    """A token in force."""
    with db.platform() as tx:
        return add_token(tx, tenant_id, name, role, NOON)


@asynccontextmanager
async def serving(db: Database, settings: Settings, folder: Path) -> AsyncIterator[TestClient]:  # type: ignore[type-arg]
    """The whole application at noon of the shelf's day."""
    deps = WebDeps(db=db, settings=settings, clock=FixedClock(NOON), metrics_folder=folder)
    async with TestClient(TestServer(build_app(deps))) as client:
        yield client


@asynccontextmanager
async def asking(
    shelf: Shelf, settings: Settings, folder: Path, secret: str | None = None
) -> AsyncIterator[Program]:
    """A program of the shelf's organisation: with this token, or with an owner's own."""
    secret = token(shelf.db, shelf.tenant_id).secret if secret is None else secret
    async with serving(shelf.db, settings, folder) as client:
        yield Program(client, secret)
