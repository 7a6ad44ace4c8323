"""The web process: one FastAPI application with every service that speaks HTTP, or with some of them (design.md 5)."""
