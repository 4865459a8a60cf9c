"""What buyers wrote of what they bought, worked out from the order items alone.

The digits of an order item's number are the dice: the same item is always reviewed in the same way.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from app.sandbox.catalogue.shelf import Ints
from app.sandbox.ledger import Ledger, Lines
from app.sandbox.world import MOSCOW, World

REVIEWED = 8
"""Of a hundred pieces bought out."""
LATEST = 12
"""Days from the purchase to the review."""

_RATINGS = (*(5,) * 13, *(4,) * 3, 3, 2, 1, 1)
_WORDS = {
    5: ("Спасибо, всё подошло", "Качество отличное", "Нет"),
    4: ("Хорошая вещь за свои деньги", "Удобно", "Упаковка помята"),
    3: ("Нормально, но ждали лучшего", "Цена", "Цвет темнее, чем на фото"),
    2: ("Не то, что ожидали", "", "Запах"),
    1: ("Пришло с браком", "", "Скол, вернём"),
}
_ANSWER = "Здравствуйте! Спасибо за отзыв, мы передали его команде."


@dataclass(frozen=True, slots=True)
class Review:
    """``written``: the day; ``answered``: the day of the seller's own answer, -1 for never. ``row`` of the
    shelf."""

    number: int
    row: int
    sold: int
    written: int
    at: datetime
    rating: int
    text: str
    pros: str
    cons: str
    photos: int
    answered: int

    @property
    def answer(self) -> str:
        """What the seller answered, on the day it did."""
        return _ANSWER if self.answered >= 0 else ""

    @property
    def is_bare(self) -> bool:
        """Only stars: there is nothing to answer."""
        return not self.text and not self.photos


def written_of(world: World, ledger: Ledger, number_of: Callable[[Lines], Ints]) -> list[Review]:
    """All reviews of one marketplace that are there by now, oldest first. ``number_of`` an order item has at
    least eight random digits."""
    found = [
        review
        for sold in range(max(world.first_t - LATEST, 0), world.now_t)
        for review in _of_day(world, ledger.on("sold", sold), sold, number_of)
        if world.shown(review.written)
    ]
    return sorted(found, key=lambda review: (review.at, review.number))


def _of_day(world: World, lines: Lines, sold: int, number_of: Callable[[Lines], Ints]) -> Iterator[Review]:
    numbers = number_of(lines)
    chosen = numbers % 100 < REVIEWED
    rows = lines["sku"][chosen].tolist()
    for number, row in zip(numbers[chosen].tolist(), rows, strict=True):
        dice = number // 100
        written = sold + 1 + dice % LATEST
        rating = _RATINGS[dice // 12 % 20]
        has_text = dice // 240 % 4 != 0
        text, pros, cons = _WORDS[rating] if has_text else ("", "", "")
        is_answered = has_text and dice // 5_760 % 10 < 4
        midnight = datetime.combine(world.day(written), time(), MOSCOW)
        yield Review(
            number=number,
            row=row,
            sold=sold,
            written=written,
            at=midnight + timedelta(seconds=30_000 + dice % 50_000),
            rating=rating,
            text=text,
            pros=pros,
            cons=cons,
            photos=2 if dice // 960 % 6 == 0 else 0,
            answered=written + 1 + dice // 57_600 % 5 if is_answered else -1,
        )
