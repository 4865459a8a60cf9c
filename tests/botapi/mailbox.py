"""Updates on their way to the bot: long polling and webhook, as the official server hands them out."""

import asyncio
import json
from typing import Any

from aiohttp import ClientSession, ClientTimeout, FormData, MultipartReader

from tests.botapi.chat import BOT
from tests.botapi.schema import schema
from tests.botapi.violations import Ledger, Refused, bad

MAX_POLL_SECONDS = 50
LOOPBACK = ("http://127.0.0.1:", "http://localhost:")
WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)
OTHER_POLLER = (
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
)
# Not sent unless they are asked for by name.
SHY = {"chat_member", "message_reaction", "message_reaction_count"}


class Mailbox:
    """Pending updates. ``base`` is where the answer of a webhook, being a call itself, is posted."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.base = ""
        self.url = ""
        self.secret = ""
        self.allowed: list[str] = []
        self.pending: list[dict[str, Any]] = []
        self._confirmed: dict[int, asyncio.Event] = {}
        self._poll: asyncio.Future[str] | None = None
        self._next_id = 1000
        self._open = True
        self._http: ClientSession | None = None

    def wants(self, kind: str) -> bool:
        return kind in self.allowed if self.allowed else kind not in SHY

    def stamp(self, kind: str, payload: dict[str, Any]) -> dict[str, Any]:
        """A new update."""
        self._next_id += 1
        return {"update_id": self._next_id, kind: payload}

    async def deliver(self, update: dict[str, Any]) -> None:
        """Hand over one update; returns once the bot has confirmed it."""
        if self.url:
            await self._post(update)
            return
        confirmed = self._confirmed[update["update_id"]] = asyncio.Event()
        self.pending.append(update)
        if self._poll is not None and not self._poll.done():
            self._poll.set_result("news")
        await confirmed.wait()

    async def get_updates(self, p: dict[str, Any], files: Any) -> list[dict[str, Any]]:
        if self.url:
            raise Refused(409, WEBHOOK_ACTIVE)
        if "allowed_updates" in p:
            self._allow(p["allowed_updates"])
        self._confirm(p.get("offset", 0))
        if self._poll is not None and not self._poll.done():
            self._poll.set_result("other")
        if not self.pending and self._open and (timeout := min(p.get("timeout", 0), MAX_POLL_SECONDS)) > 0:
            poll = self._poll = asyncio.get_running_loop().create_future()
            try:
                why = await asyncio.wait_for(poll, timeout)
            except TimeoutError:
                why = "late"
            if why == "other":
                raise Refused(409, OTHER_POLLER)
        return self.pending[: p.get("limit", 100)]

    async def set_webhook(self, p: dict[str, Any], files: Any) -> bool:
        # Telegram wants https; loopback is let through, since a test has no certificate.
        if p["url"] and not p["url"].startswith(("https://", *LOOPBACK)):
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        self.url, self.secret = p["url"], p.get("secret_token", "")
        if "allowed_updates" in p:
            self._allow(p["allowed_updates"])
        self._drop(p)
        return True

    async def delete_webhook(self, p: dict[str, Any], files: Any) -> bool:
        self.url = self.secret = ""
        self._drop(p)
        return True

    async def get_webhook_info(self, p: dict[str, Any], files: Any) -> dict[str, Any]:
        return {"url": self.url, "has_custom_certificate": False, "pending_update_count": len(self.pending)}

    def _allow(self, kinds: list[str]) -> None:
        for kind in kinds:
            if kind not in schema().updates:
                raise bad(f"allowed_updates names the unknown update {kind!r}", ours=True)
        self.allowed = kinds

    def _drop(self, p: dict[str, Any]) -> None:
        if p.get("drop_pending_updates"):
            self._confirm(self._next_id + 1)

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            offset = self.pending[offset]["update_id"] if len(self.pending) >= -offset else 0
        for update in [update for update in self.pending if update["update_id"] < offset]:
            self.pending.remove(update)
            self._confirmed.pop(update["update_id"]).set()

    async def _post(self, update: dict[str, Any]) -> None:
        """POST to the webhook; a call in the answer's body is made on the bot's behalf."""
        self._http = self._http or ClientSession(timeout=ClientTimeout(total=30))
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.secret} if self.secret else {}
        async with self._http.post(self.url, json=update, headers=headers) as answer:
            if answer.status != 200:
                self.ledger.add("webhook", Refused(answer.status, "Wrong response from the webhook"))
                return
            if "multipart" in answer.content_type:
                call = await _form_of(MultipartReader.from_response(answer))
            else:
                body = await answer.text()
                call = json.loads(body) if body.strip() else {}
        if method := call.pop("method", None):
            form = FormData({key: str(value) for key, value in call.items()})
            async with self._http.post(f"{self.base}/{method}", data=form):
                pass

    async def close(self) -> None:
        self._open = False
        if self._poll is not None and not self._poll.done():
            self._poll.set_result("closed")
        if self._http is not None:
            await self._http.close()


async def _form_of(reader: Any) -> dict[str, Any]:
    """The fields of a multipart answer (aiogram answers so with a method that a handler returned)."""
    fields: dict[str, Any] = {}
    async for part in reader:
        fields[part.name] = await part.text()
    return fields


def callback_json(tap_id: str, person: dict[str, Any], message: dict[str, Any], data: str) -> dict[str, Any]:
    return {"id": tap_id, "from": person, "message": message, "data": data, "chat_instance": f"c{BOT['id']}"}
