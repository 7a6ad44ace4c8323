"""Intake: every record type as a statement, over HTTP, onto the topic of its type (records.md 5)."""
