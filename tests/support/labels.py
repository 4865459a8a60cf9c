"""Photos of labels, drawn on the spot."""

import io
from collections.abc import Iterable

import numpy as np
import zxingcpp
from PIL import Image

WHITE = 255


def label(text: str, kind: str = "EAN13", *, scale: int = 3) -> Image.Image:
    """One code on white; ``kind`` as zxing-cpp calls it."""
    code = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, kind))
    return Image.fromarray(np.array(code.to_image(scale=scale, add_quiet_zones=True)))


def photo(labels: Iterable[Image.Image], *, turned: float = 0, form: str = "JPEG") -> bytes:
    """Labels one under another on a grey table, as a phone would send them."""
    shown = list(labels)
    width = max((each.width for each in shown), default=200) + 80
    height = sum(each.height + 60 for each in shown) + 80
    picture = Image.new("L", (width, height), 200)
    at = 40
    for each in shown:
        picture.paste(each.convert("L"), (40, at))
        at += each.height + 60
    if turned:
        picture = picture.rotate(turned, expand=True, fillcolor=WHITE)
    content = io.BytesIO()
    picture.save(content, form, **({"quality": 80} if form == "JPEG" else {}))
    return content.getvalue()
