"""The named alternatives: the same jobs done as one would without us. The product uses none of it."""
