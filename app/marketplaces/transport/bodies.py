"""Bodies of replies as they come in."""

import tempfile

import httpx

LARGE = 4 << 20
"""Bytes from which a body is put into a file on its way."""


def read_body(response: httpx.Response) -> bytes:
    """The body of a streamed response. A large one goes by way of a file: joined from its pieces it
    would be in memory twice."""
    pieces: list[bytes] = []
    size = 0
    chunks = response.iter_bytes()
    for chunk in chunks:
        pieces.append(chunk)
        size += len(chunk)
        if size > LARGE:
            break
    else:
        return b"".join(pieces)
    with tempfile.TemporaryFile(prefix="ambar-") as file:
        file.writelines(pieces)
        pieces.clear()
        file.writelines(chunks)
        file.seek(0)
        return file.read()
