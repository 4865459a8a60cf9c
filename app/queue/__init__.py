"""Durable jobs and the outbox: PostgreSQL is the record, threads are only hands."""
