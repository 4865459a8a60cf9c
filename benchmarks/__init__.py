"""Measurements, each a ratio to a named alternative run beside it; see README.md."""
