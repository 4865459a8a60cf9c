"""Advertising at Ozon: its own API, its own door, and one set of books with the accruals."""
