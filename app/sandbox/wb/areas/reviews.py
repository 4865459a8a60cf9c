"""feedbacks-api: reviews by whether they are dealt with, the archive, and the seller's answers.

Answers live as long as the process: the file of the sandbox keeps the day alone.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import web

from app.sandbox.feedback import Review
from app.sandbox.http import body_of, reply
from app.sandbox.limits import Rate
from app.sandbox.wb.area import Route
from app.sandbox.wb.door import HOUR, Method
from app.sandbox.wb.feedback import NAMES, answer_of, is_archived, review_id, reviews
from app.sandbox.world import MOSCOW, World

_HOST, _PATH = "feedbacks-api", "/api/v1/feedbacks"
_QUOTAS = (Rate(1 / 3, 6), Rate(HOUR / 5))
LIST = Method(_HOST, _PATH, *_QUOTAS, group="feedbacks")
ARCHIVE = Method(_HOST, f"{_PATH}/archive", *_QUOTAS, group="feedbacks")
ANSWER = Method(_HOST, f"{_PATH}/answer", *_QUOTAS, group="feedbacks", writes=True)
LARGEST_TAKE, LARGEST_SKIP = 5_000, 199_990
SHORTEST, LONGEST = 2, 5_000


@dataclass(frozen=True, slots=True)
class Reviews:
    """Reviews of one world and the answers given to them here."""

    world: World
    given: dict[str, str] = field(default_factory=dict)

    def routes(self) -> list[Route]:
        return [
            Route("GET", LIST, self.listed),
            Route("GET", ARCHIVE, self.archive),
            Route("POST", ANSWER, self.answer),
        ]

    async def listed(self, request: web.Request) -> web.Response:
        asked = request.query
        since, until = (_number(asked.get(name, default)) for name, default in _PERIOD)
        if asked.get("isAnswered") not in ("true", "false") or since is None or until is None:
            return _wrong()
        wanted = asked["isAnswered"] == "true"
        found = [
            review
            for review in reviews(self.world)
            if since <= review.at.timestamp() <= until
            and bool(self._answer(review)) == wanted
            and (wanted or not is_archived(self.world, review))
        ]
        waiting = [review for review in reviews(self.world) if not self._answer(review)]
        old = [review for review in waiting if is_archived(self.world, review)]
        counts = {"countUnanswered": len(waiting) - len(old), "countArchive": len(old)}
        return self._page(request, found, counts)

    async def archive(self, request: web.Request) -> web.Response:
        """Answered, or nobody is expected to."""
        found = [r for r in reviews(self.world) if self._answer(r) or is_archived(self.world, r)]
        return self._page(request, found, {})

    async def answer(self, request: web.Request) -> web.Response:
        """A wrong id is taken as gladly as a right one."""
        body = await body_of(request) or {}
        named, text = body.get("id"), body.get("text")
        if not isinstance(named, str) or not isinstance(text, str):
            return _refuse("Неверный синтаксис JSON")
        if not SHORTEST <= len(text) <= LONGEST:
            return _refuse(f"Длина ответа — от {SHORTEST} до {LONGEST} символов")
        self.given.setdefault(named, text)
        return web.Response(status=204)

    def _answer(self, review: Review) -> str:
        return answer_of(self.world, review, self.given)

    def _page(self, request: web.Request, found: list[Review], counts: dict[str, int]) -> web.Response:
        take, skip = (_number(request.query.get(name)) for name in ("take", "skip"))
        nm, order = _number(request.query.get("nmId", "0")), request.query.get("order", "dateDesc")
        if take is None or skip is None or nm is None or not 0 < take <= LARGEST_TAKE or skip > LARGEST_SKIP:
            return _wrong()
        if order not in ("dateAsc", "dateDesc"):
            return _wrong()
        shelf = self.world.wb.shelf
        found = [review for review in found if not nm or shelf.card_id[review.row] == nm]
        found = found if order == "dateAsc" else found[::-1]
        told = {**counts, "feedbacks": [self._show(review) for review in found[skip : skip + take]]}
        return reply({"data": told, "error": False, "errorText": "", "additionalErrors": None})

    def _show(self, review: Review) -> dict[str, Any]:
        shelf, row = self.world.wb.shelf, review.row
        answer = self._answer(review)
        image = f"https://feedback04.wbbasket.ru/vol1333/part133337/{review_id(review)}/photos"
        photos = [
            {"fullSize": f"{image}/fs{n}.webp", "miniSize": f"{image}/ms{n}.webp"}
            for n in range(review.photos)
        ]
        sold = datetime.combine(self.world.day(review.sold), review.at.time(), MOSCOW).isoformat()
        nm = int(shelf.card_id[row])
        return {
            "id": review_id(review),
            "text": review.text,
            "pros": review.pros,
            "cons": review.cons,
            "productValuation": review.rating,
            "createdDate": review.at.isoformat(),
            "answer": {"text": answer, "state": "wbRu", "editable": review_id(review) in self.given}
            if answer
            else None,
            "state": "wbRu" if answer else "none",
            "productDetails": {
                "imtId": nm - 13_776_842,
                "nmId": nm,
                "productName": shelf.title[row],
                "supplierArticle": shelf.article[row],
                "supplierName": "ИП Тёплова А. С.",
                "brandName": shelf.brand[row],
                "size": shelf.size[row],
            },
            "video": None,
            "wasViewed": bool(answer),
            "photoLinks": photos or None,
            "userName": NAMES[review.number % len(NAMES)],
            "orderStatus": "buyout",
            "matchingSize": "",
            "isAbleSupplierFeedbackValuation": False,
            "supplierFeedbackValuation": 0,
            "isAbleSupplierProductValuation": False,
            "supplierProductValuation": 0,
            "isAbleReturnProductOrders": False,
            "returnProductOrdersDate": None,
            "bables": ["цена"] if review.rating == 5 else None,
            "lastOrderShkId": review.number % 10**10,
            "lastOrderCreatedAt": sold,
            "color": shelf.title[row].rsplit(", ", 1)[-1],
            "subjectId": 50 + sum(map(ord, shelf.subject[row])) % 4_000,
            "subjectName": shelf.subject[row],
            "parentFeedbackId": None,
            "childFeedbackId": None,
        }


_PERIOD = (("dateFrom", "0"), ("dateTo", "99999999999"))


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdigit() else None


def _wrong() -> web.Response:
    return reply(
        {
            "data": None,
            "error": True,
            "errorText": "Something went wrong",
            "additionalErrors": None,
            "requestId": "734c9ea8-39e5-45c9-8cad-f03c13f733e9",
        },
        400,
    )


def _refuse(detail: str) -> web.Response:
    return reply(
        {
            "title": "bad request",
            "requestId": "7f5a4faf91634812de5e143955ca0371",
            "origin": "fbapi",
            "detail": detail,
        },
        400,
    )
