"""The Wildberries half: what the seller's events look like through the published WB methods."""
