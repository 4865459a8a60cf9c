"""What a scanned or typed code may be known as.

A label says the same thing in several spellings. UPC-A is an EAN-13 without its leading zero. The DataMatrix
of marked goods («Честный знак») is GS1 element strings, of which the part 01 is the product: a GTIN of 14
digits, whose leading zero makes it the EAN-13 of the box in the hand. With any other leading digit it is a
carton of them, which is another thing (GS1 General Specifications, sections 2 and 3.3).
"""

import re

LENGTHS = frozenset({8, 12, 13, 14})
"""EAN-8, UPC-A, EAN-13, GTIN-14."""

MOST = 512
"""No label holds more that is worth looking up."""

_SYMBOLOGY = re.compile(r"^\][A-Za-z]\d")
_PRODUCT = re.compile(r"^(?:\(01\)|01)(\d{14})")
_SEPARATORS = "\x1d\x1e\x04"


def readings(code: str) -> tuple[str, ...]:
    """The names under which to look for a code, the likeliest first; none for an empty one."""
    plain = _SYMBOLOGY.sub("", code.strip()).strip(_SEPARATORS)[:MOST]
    if not plain:
        return ()
    found = [plain]
    if (product := _PRODUCT.match(plain)) and has_right_check_digit(product[1]):
        found += [product[1], *_shorter(product[1])]
    if plain.isascii() and plain.isdigit():
        found += [f"0{plain}"] if len(plain) == 12 else _shorter(plain)
    return tuple(dict.fromkeys(found))


def _shorter(digits: str) -> list[str]:
    """The same number in the spellings with fewer digits, down to the EAN-13 and the UPC-A."""
    found = []
    while len(digits) in (13, 14) and digits.startswith("0"):
        digits = digits[1:]
        found.append(digits)
    return found


def is_barcode(code: str) -> bool:
    """Does it look like a number on a label, and not like an article?"""
    return code.isascii() and code.isdigit() and len(code) in LENGTHS


def has_right_check_digit(code: str) -> bool:
    """Of a barcode (see ``is_barcode``): does its last digit follow from the others? A slip shows here."""
    if not is_barcode(code):
        return False
    return sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(reversed(code))) % 10 == 0
