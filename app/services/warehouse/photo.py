"""A photo → the codes on it. Takes tens of milliseconds: for a thread, never for the event loop."""

import io

from app.core.errors import BadInput

LARGEST = 20 * 1024 * 1024
"""Bytes: a bot is given no larger file (facts/telegram.md)."""
LARGEST_SIDE = 10_000
MOST_PIXELS = 50_000_000
WORKED_SIDE = 2_000
"""A larger picture is looked at smaller: what is not seen so is out of focus anyway."""
MOST_CODES = 8

NOT_A_PICTURE = "Это не картинка, или она повреждена. Пришлите фото штрихкода."
TOO_LARGE = "Снимок слишком большой. Пришлите обычное фото, не больше 20 МБ."
NONE_SEEN = (
    "Штрихкода на фото не видно. Снимите его ближе и ровно, чтобы полосы были резкими и без бликов, "
    "или наберите цифры под ним."
)


def read_codes(content: bytes) -> tuple[str, ...]:
    """What the codes on a picture say, each once; EAN, UPC, Code 128, ITF, QR, DataMatrix.

    Raises BadInput for what is no picture, is too large, or shows no code.
    """
    # Here and not above: they take a while to load, and most chats never see a photo.
    import zxingcpp
    from PIL import Image, UnidentifiedImageError

    if len(content) > LARGEST:
        raise BadInput(TOO_LARGE)
    try:
        with Image.open(io.BytesIO(content)) as opened:
            width, height = opened.size
            if max(width, height) > LARGEST_SIDE or width * height > MOST_PIXELS:
                raise BadInput(TOO_LARGE)
            opened.draft("L", (WORKED_SIDE, WORKED_SIDE))  # a JPEG is read smaller at once
            picture = opened.convert("L")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadInput(TOO_LARGE) from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        raise BadInput(NOT_A_PICTURE) from None
    formats = zxingcpp.BarcodeFormats(
        [
            zxingcpp.BarcodeFormat.EANUPC,
            zxingcpp.BarcodeFormat.Code128,
            zxingcpp.BarcodeFormat.ITF,
            zxingcpp.BarcodeFormat.QRCode,
            zxingcpp.BarcodeFormat.DataMatrix,
        ]
    )
    found = zxingcpp.read_barcodes(picture, formats=formats, text_mode=zxingcpp.TextMode.Plain)
    codes = tuple(dict.fromkeys(each.text.strip() for each in found if each.valid and each.text.strip()))
    if not codes:
        raise BadInput(NONE_SEEN)
    return codes[:MOST_CODES]
