"""Reviews: what buyers wrote, and the seller's answers to it."""

from app.marketplaces.ozon.reviews.sources import OzonReviews, sources

__all__ = ["OzonReviews", "sources"]
