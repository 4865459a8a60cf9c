"""Reviews that wait for an answer, and the way to one."""

from app.bot import formats
from app.bot.callbacks import ReviewCall, ReviewsCall, review_call
from app.bot.screen import Key, Line, Moment, Screen, key, line, rows_of, text
from app.bot.views.common import page_keys
from app.services.names import PLACES
from app.services.reviews import LONGEST, PAGE, Answered, ReviewList, WaitingReview

SHOWN = 220
"""Characters of a review in the list; a review that is answered is shown with more."""
WHOLE = 1_200
_LIST_KEY = key("К отзывам", ReviewsCall())


def reviews(report: ReviewList) -> Screen:
    if not report.reviews:
        return Screen(
            head="Отзывы без ответа: нет",
            body=(text("Новые отзывы приходят ночью, вместе с остальными данными."),),
        )
    numbered = list(enumerate(report.reviews, start=report.page * PAGE + 1))
    page = formats.of_pages(report.page, report.pages)
    return Screen(
        head=f"Отзывы без ответа: {report.waiting}{page}",
        body=tuple(text(*_lines(each, f"{number}. ", SHOWN)) for number, each in numbered),
        keys=(
            *rows_of([found for number, each in numbered if (found := _answer_key(number, each))], 2),
            page_keys(report.page, report.pages, lambda n: ReviewsCall(page=n)),
        ),
    )


def review_ask(each: WaitingReview) -> Screen:
    return Screen(
        head="Что ответить?",
        body=(
            text(*_lines(each, "", WHOLE)),
            text(
                f"Пришлите ответ одним сообщением, до {LONGEST} знаков. Перед отправкой покажу его ещё раз."
            ),
        ),
        keys=((key("Отмена", ReviewsCall()),),),
    )


def review_sure(each: WaitingReview, answer: str) -> Screen:
    """The answer as buyers will read it."""
    send, again = (review_call(each.account_id, each.review_id, deed) for deed in ("send", ""))
    assert send is not None, "it was begun with a button of its own"
    assert again is not None
    return Screen(
        head="Отправить этот ответ?",
        body=(
            text(*_lines(each, "", SHOWN)),
            text("Ответ увидят все покупатели:", *answer.splitlines()),
        ),
        keys=((key("Отправить", send), key("Изменить", again)), (key("Отмена", ReviewsCall()),)),
    )


def review_answered(done: Answered) -> Screen:
    left = f"Ещё ждут ответа: {done.waiting}." if done.waiting else "Больше никто не ждёт ответа."
    return Screen(
        head=f"{done.article or 'Отзыв'}: ответ отправлен",
        body=(text(f"{PLACES[done.marketplace]} проверит его и опубликует.", left),),
        keys=((_LIST_KEY,),),
    )


def _answer_key(number: int, each: WaitingReview) -> Key | None:
    call: ReviewCall | None = review_call(each.account_id, each.review_id)
    return None if call is None else key(f"Ответить {number}", call)


def _lines(each: WaitingReview, before: str, room: int) -> list[Line | str]:
    stars = "★" * each.rating + "☆" * (5 - each.rating)
    photo = " · фото" if each.has_media else ""
    lines: list[Line | str] = [line(f"{before}{stars} {each.article or '–'} · ", Moment(each.at), photo)]
    for label, said in (("", each.text), ("Плюсы: ", each.pros), ("Минусы: ", each.cons)):
        if said:
            lines.append(label + formats.clip(" ".join(said.split()), room))
    return lines
