"""What a label's code is looked up by."""

import pytest

from app.domain.warehouse.barcodes import MOST, has_right_check_digit, is_barcode, readings

MARKED = "0104601234567893215'x!R(ab7Kk\x1d91EE11\x1d92dGVzdA=="


@pytest.mark.parametrize(
    ("code", "found"),
    [
        (" KRS-42 ", ("KRS-42",)),
        ("", ()),
        (" \x1d ", ()),
        ("4601234567893", ("4601234567893",)),
        ("036000291452", ("036000291452", "0036000291452")),  # UPC-A, as an EAN-13
        ("0036000291452", ("0036000291452", "036000291452")),
        ("04601234567893", ("04601234567893", "4601234567893")),  # GTIN of one piece
        ("00036000291452", ("00036000291452", "0036000291452", "036000291452")),
        ("14601234567890", ("14601234567890",)),  # a carton is not its contents
        (MARKED, (MARKED, "04601234567893", "4601234567893")),
        ("]d2\x1d" + MARKED, (MARKED, "04601234567893", "4601234567893")),
        ("(01)04601234567893(21)x", ("(01)04601234567893(21)x", "04601234567893", "4601234567893")),
        ("0104601234567890", ("0104601234567890",)),  # an article of digits: no GTIN ends so
        ("96385074", ("96385074",)),
    ],
)
def test_a_code_is_looked_up_in_every_spelling(code: str, found: tuple[str, ...]) -> None:
    assert readings(code) == found


def test_a_novel_in_a_qr_is_cut() -> None:
    assert [len(each) for each in readings("я" * 4000)] == [MOST]


@pytest.mark.parametrize("code", ["96385074", "036000291452", "4006381333931", "10614141000415"])
def test_check_digits_of_printed_labels_are_right(code: str) -> None:
    """Of the GS1 General Specifications and of a pencil that one can buy."""
    assert has_right_check_digit(code)


@pytest.mark.parametrize("code", ["4006381333932", "4006381333391", "KRS-42", "46012", "²6385074", ""])
def test_a_slip_shows_in_the_last_digit(code: str) -> None:
    assert not has_right_check_digit(code)


@pytest.mark.parametrize(
    ("code", "told"),
    [("4006381333931", True), ("4006381333932", True), ("40063813", True), ("400638133", False), ("", False),
     ("KRS-42-12345", False), ("٤٦٠١٢٣٤٥٦٧٨٩٠", False)],
)  # fmt: skip
def test_an_article_is_no_barcode(code: str, told: bool) -> None:
    assert is_barcode(code) is told
