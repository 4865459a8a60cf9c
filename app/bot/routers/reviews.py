"""/reviews: what waits for an answer; the answer is the next message, sent after one more look."""

from aiogram import F, Router
from aiogram.filters import Command, StateFilter
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.types import CallbackQuery, Message

from app.bot import views
from app.bot.callbacks import ReviewCall, ReviewsCall
from app.bot.desk import Desk
from app.core.errors import NotNow
from app.services.reviews import (
    ListReviews,
    RecordAnswer,
    ReviewAnswer,
    ReviewQuery,
    ReviewsQuery,
    ShowReview,
    demand_answer,
)
from app.services.tenancy.roles import Deed

GONE = "Этот ответ уже отправлен или отменён. Отзывы без ответа: /reviews"


class Answering(StatesGroup):
    """What is expected: the text, or the word to send it."""

    text = State()
    sure = State()


def setup() -> Router:
    router = Router(name="reviews")
    flags = {"deed": Deed.REVIEWS}
    router.message.register(listed, Command("reviews"), flags=flags)
    router.callback_query.register(turned, ReviewsCall.filter(), flags=flags)
    router.callback_query.register(send, ReviewCall.filter(F.deed == "send"), flags=flags)
    router.callback_query.register(ask, ReviewCall.filter(), flags=flags)
    words = F.text & ~F.text.startswith("/")
    router.message.register(read, StateFilter(Answering), words, flags=flags)
    return router


async def listed(message: Message, desk: Desk) -> None:
    await desk.show(message, views.reviews(await desk.run(ListReviews, ReviewsQuery())))


async def turned(tap: CallbackQuery, callback_data: ReviewsCall, state: FSMContext, desk: Desk) -> None:
    await state.clear()
    await desk.show(tap, views.reviews(await desk.run(ListReviews, ReviewsQuery(page=callback_data.page))))


async def ask(tap: CallbackQuery, callback_data: ReviewCall, state: FSMContext, desk: Desk) -> None:
    account, review = callback_data.account, callback_data.review
    each = await desk.run(ShowReview, ReviewQuery(account_id=account, review_id=review))
    await desk.begin(state, Answering.text, account=account, review=review)
    await desk.show(tap, views.review_ask(each))


async def read(message: Message, state: FSMContext, desk: Desk) -> None:
    """Another message before the answer is sent takes the place of the first one."""
    known = await desk.resume(state)
    answer = demand_answer(message.text or "")
    query = ReviewQuery(account_id=known["account"], review_id=known["review"])
    each = await desk.run(ShowReview, query)
    await desk.begin(state, Answering.sure, account=query.account_id, review=query.review_id, text=answer)
    await desk.show(message, views.review_sure(each, answer))


async def send(tap: CallbackQuery, callback_data: ReviewCall, state: FSMContext, desk: Desk) -> None:
    done = await desk.answered(RecordAnswer)
    if done is None:
        if await state.get_state() != Answering.sure.state:
            raise NotNow(GONE)
        known = await desk.resume(state)
        if known["review"] != callback_data.review:
            raise NotNow(GONE)
        order = ReviewAnswer(account_id=known["account"], review_id=known["review"], text=known["text"])
        done = await desk.answer_review(order)
        await state.clear()
    await desk.show(tap, views.review_answered(done))
