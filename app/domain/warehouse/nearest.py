"""What a person most likely meant: codes that are spelt like the one typed."""

from collections.abc import Iterable
from difflib import SequenceMatcher

LOOK_ALIKE = str.maketrans("АВЕЁКМНОРСТУХ", "ABEEKMHOPCTYX")
"""Capital letters of two alphabets that nobody tells apart on a label."""

LEAST_ALIKE = 0.5


def plain(code: str) -> str:
    """The code with its case and its alphabet forgotten, without spaces."""
    return "".join(code.split()).upper().translate(LOOK_ALIKE)


def nearest(typed: str, codes: Iterable[str], limit: int) -> list[str]:
    """At most ``limit`` of ``codes``, the most alike first, equally alike ones by name; none that is alike by
    less than half."""
    asked = plain(typed)
    alike = [(_alike(asked, plain(code)), code) for code in codes]
    return [
        code for share, code in sorted(alike, key=lambda each: (-each[0], each[1])) if share >= LEAST_ALIKE
    ][:limit]


def _alike(asked: str, code: str) -> float:
    if asked == code:
        return 1.0
    matcher = SequenceMatcher(None, asked, code, autojunk=False)
    # The ratio takes many times as long as its bounds: most codes are passed over by them.
    if matcher.real_quick_ratio() < LEAST_ALIKE or matcher.quick_ratio() < LEAST_ALIKE:
        return 0.0
    return matcher.ratio()
