"""How seller-analytics-api refuses what it cannot read."""

from aiohttp import web

from app.sandbox.http import reply


def bad_request(detail: str) -> web.Response:
    """400 with four fields, as the published examples have it."""
    return reply(
        {
            "title": "Invalid request body",
            "detail": detail,
            "requestId": "51b7828b-e298-4dfa-b7cd-45ab179921d3",
            "origin": "analytics-open-api",
        },
        400,
    )
