"""The way out: rate budget, breaker, retries, secrets. Nothing here knows a marketplace's methods."""

from app.marketplaces.transport.breaker import Breakers
from app.marketplaces.transport.budget import Limit, MemoryRateBudget, RateBudget
from app.marketplaces.transport.client import Endpoint, Retry, SecretHeaders, Transport
from app.marketplaces.transport.request import CallReport, Reply, RequestKey

__all__ = [
    "Breakers",
    "CallReport",
    "Endpoint",
    "Limit",
    "MemoryRateBudget",
    "RateBudget",
    "Reply",
    "RequestKey",
    "Retry",
    "SecretHeaders",
    "Transport",
]
