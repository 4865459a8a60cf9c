"""Routes by what they serve; each module's ``routes`` is a table that the application adds."""
