"""The stock ledger: posting, allocating, asking what was where and when, proving that it all adds up."""
