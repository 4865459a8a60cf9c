"""What the invented seller sells: the assortment and how each marketplace lists it."""
