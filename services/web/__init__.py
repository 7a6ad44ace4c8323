"""The web process: one FastAPI application with every service that speaks HTTP (design.md 5)."""
