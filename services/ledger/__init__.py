"""The ledger: every log entry and everything published of it, in PostgreSQL; every GET under `/v1`."""
