"""The HTTP face of the strict server: what comes over the wire, what is answered, what is recorded."""

import asyncio
import json
import re
import ssl
import traceback
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Any, Self
from unittest.mock import patch

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiohttp import web
from aiohttp.web_request import FileField

from tests.botapi.chat import BOT_ID, Chat
from tests.botapi.clock import VirtualClock
from tests.botapi.driver import Feed, Person
from tests.botapi.flood import Flood
from tests.botapi.mailbox import Mailbox
from tests.botapi.methods import Files, Messages
from tests.botapi.schema import schema
from tests.botapi.service import Service
from tests.botapi.validate import Validator
from tests.botapi.violations import Ledger, Refused
from tests.botapi.weather import FAIR, HungUp, Weather
from tests.botapi.world import World

TOKEN = f"{BOT_ID}:AAE-a-token-for-tests-only_0123456789"
# A bot that has made no call for this long, and says that no handler runs, has gone quiet.
SETTLED = 0.03


class BotApi:
    """One strict server; leaving the block raises ``Violations`` if the bot broke a rule.

    ``feed`` hands an update straight to the bot (``dispatcher.feed_raw_update(bot, raw)``) and returns when
    it has been handled; without it, people wait for polling or the webhook. ``busy`` says whether handlers
    still run: the bot's own count, since a server cannot know. ``weather`` is what befalls calls that
    are in order.
    """

    def __init__(
        self,
        *,
        clock: VirtualClock | None = None,
        feed: Feed | None = None,
        busy: Callable[[], bool] | None = None,
        token: str = TOKEN,
        weather: Weather = FAIR,
    ) -> None:
        self.clock = clock or VirtualClock()
        self.feed = feed
        self.busy = busy
        self.token = token
        self.weather = weather
        self.ledger = Ledger()
        self.world = World(self.clock, Flood(self.clock))
        self.mailbox = Mailbox(self.ledger)
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.url = ""
        self._validator = Validator(schema())
        self._faults: dict[str, deque[Refused]] = {}
        self._homes = (Messages(self.world), Service(self.world), self.mailbox)
        self._in_flight = 0
        self._last = 0.0
        self._runner: web.AppRunner | None = None
        self.clock.busy = lambda: self._in_flight > 0

    # ---- life

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=60 << 20)
        app.router.add_route("*", "/bot{token}/{method}", self._answer)
        app.router.add_get("/file/bot{token}/files/{file_id}", self._download)
        # A poller that hangs up must free its place at once, hence the cancellation.
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self.mailbox.base = f"{self.url}/bot{self.token}"
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        await self.mailbox.close()
        await self.clock.close()
        if self._runner is not None:
            await self._runner.cleanup()
        if error is None:
            self.ledger.broken += self.world.flood.ignored
            self.ledger.check()
        elif self.ledger.broken:
            error.add_note("broken rules of the Bot API:\n  " + "\n  ".join(self.ledger.broken))

    @property
    def telegram(self) -> TelegramAPIServer:
        """For ``AiohttpSession(api=…)``."""
        return TelegramAPIServer.from_base(self.url)

    @asynccontextmanager
    async def bot(self, **options: Any) -> AsyncIterator[Bot]:
        """An aiogram bot on this server, whose session closes without aiogram's 0.25 s for TLS, and is made
        without the 20 ms that it takes to read the world's certificates."""
        with patch.object(ssl, "create_default_context", return_value=False):
            session = AiohttpSession(api=self.telegram)
        try:
            yield Bot(self.token, session=session, **options)
        finally:
            if session._session is not None:
                await session._session.close()

    # ---- the test's side

    def person(
        self, name: str, *, feed: Feed | None = None, started: bool = False, group: Chat | None = None
    ) -> Person:
        """Somebody new. ``started``: has talked to the bot before, so that it may write first."""
        person_id = 700_000_000 + self.world.next_id()
        self.world.people[person_id] = {
            "id": person_id,
            "is_bot": False,
            "first_name": name,
            "language_code": "ru",
        }
        chat = group
        if chat is None:
            chat = self.world.chats[person_id] = Chat(person_id, name, open=started)
        return Person(self, person_id, name, chat, feed)

    def group(self, name: str) -> Chat:
        """A group that the bot is a member of; ``person(…, group=…)`` talks in it."""
        chat = Chat(-1_000_000_000_000 - self.world.next_id(), name, open=True)
        self.world.chats[chat.id] = chat
        return chat

    def expecting(self, pattern: str) -> AbstractContextManager[list[str]]:
        """``with api.expecting("429")``: refusals with this text belong to the story, and must come."""
        return self.ledger.expecting(pattern)

    def forgive(self, pattern: str) -> None:
        """Refusals with this text do not matter in this test."""
        self.ledger.forgive(pattern)

    def fail(
        self, method: str, code: int, description: str, *, retry_after: int | None = None, times: int = 1
    ) -> None:
        """Answer the next calls of a method with an error that is not the bot's fault."""
        queue = self._faults.setdefault(method.lower(), deque())
        queue.extend([Refused(code, description, retry_after=retry_after, forgiven=True)] * times)

    def called(self, method: str) -> list[dict[str, Any]]:
        """The parameters of the calls of a method that were accepted, in order."""
        return [params for name, params in self.calls if name.lower() == method.lower()]

    async def quiet(self, *, settled: float = SETTLED) -> None:
        """Wait until no call has been in flight for ``settled`` real seconds and no handler runs."""
        loop = asyncio.get_running_loop()
        # Counted from now: the bot may not have begun to call yet.
        self._last = loop.time()
        while (
            self._in_flight or (self.busy is not None and self.busy()) or loop.time() - self._last < settled
        ):
            before = loop.time()
            await asyncio.sleep(0.005)
            if loop.time() - before > settled / 2:
                # Somebody held the loop (aiogram builds its types on their first use): what comes of that
                # has not begun yet.
                self._last = loop.time()

    # ---- the wire

    async def _answer(self, request: web.Request) -> web.Response:
        name = request.match_info["method"]
        counted = name.lower() != "getupdates"
        self._in_flight += counted
        try:
            result = await self._call(request, name)
        except Refused as refusal:
            self.ledger.add(name, refusal)
            return _refusal(refusal)
        except HungUp:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)  # nobody is there to read it
        except Exception as error:
            self.ledger.add(name, Refused(500, f"the strict server broke:\n{traceback.format_exc()}"))
            return _refusal(Refused(500, f"Internal Server Error: {error!r}"))
        finally:
            self._in_flight -= counted
            if counted:
                self._last = asyncio.get_running_loop().time()
        return web.json_response({"ok": True, "result": result})

    async def _call(self, request: web.Request, name: str) -> Any:
        if request.match_info["token"] != self.token:
            raise Refused(401, "Unauthorized: invalid token specified")
        if self._faults.get(name.lower()):
            raise self._faults[name.lower()].popleft()
        raw, files = await _read(request)
        fields = schema().methods[name.lower()].fields if name.lower() in schema().methods else {}
        raw |= {part: f"attach://{part}" for part in files if part in fields}
        kind, params = self._validator.call(name, raw, set(files))
        said = json.dumps(params)
        for part in files:
            if f"attach://{part}" not in said:
                raise Refused(400, f"Bad Request: the file {part!r} was sent and never used", ours=True)
        await self.weather.before(self.world, kind.name, params)
        result = self._handler(kind.name)(params, files)
        if isinstance(result, Awaitable):
            result = await result
        self.calls.append((kind.name, params))
        await self.weather.after(self.world, kind.name, params)
        return result

    def _handler(self, method: str) -> Callable[[dict[str, Any], Files], Any]:
        snake = re.sub("([A-Z])", r"_\1", method).lower()
        for home in self._homes:
            # The mailbox's own close() ends the server; the method of that name is the service's.
            if hasattr(home, snake) and (
                home is not self.mailbox or "webhook" in snake or snake == "get_updates"
            ):
                return getattr(home, snake)
        raise Refused(404, f"Not Found: method {method} is not built here yet")

    async def _download(self, request: web.Request) -> web.Response:
        content = self.world.files.get(request.match_info["file_id"])
        if content is None or request.match_info["token"] != self.token:
            raise web.HTTPNotFound
        return web.Response(body=content)


async def _read(request: web.Request) -> tuple[dict[str, Any], Files]:
    """Parameters by query, form, JSON or multipart; uploads apart."""
    raw: dict[str, Any] = dict(request.query)
    files: Files = {}
    if request.content_type == "application/json":
        raw |= await request.json()
    else:
        for name, value in (await request.post()).items():
            if isinstance(value, FileField):
                files[name] = (value.filename, value.file.read())
            else:
                raw[name] = value.decode() if isinstance(value, bytes | bytearray) else value
    return raw, files


def _refusal(refusal: Refused) -> web.Response:
    body: dict[str, Any] = {"ok": False, "error_code": refusal.code, "description": refusal.description}
    headers = {}
    if refusal.retry_after is not None:
        body["parameters"] = {"retry_after": refusal.retry_after}
        headers["Retry-After"] = str(refusal.retry_after)
    return web.json_response(body, status=refusal.code, headers=headers)
