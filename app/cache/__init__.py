"""Where answers are kept that could be computed again: Redis, or nowhere."""
