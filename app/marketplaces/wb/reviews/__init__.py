"""Reviews: what buyers wrote, and the seller's answers to it."""

from app.marketplaces.wb.reviews.sources import WbReviews, sources

__all__ = ["WbReviews", "sources"]
