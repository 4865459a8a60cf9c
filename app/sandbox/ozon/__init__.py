"""The Ozon half: what the seller's events look like through the published Ozon methods."""
