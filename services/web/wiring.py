"""The composition root of the web process: builds every service and joins what they offer each other."""

from __future__ import annotations

from fastapi import FastAPI
from prometheus_client import REGISTRY, CollectorRegistry

from fenghuo.platform.health import Health
from fenghuo.platform.settings import Settings
from services.intake import wiring as intake_wiring
from services.ledger import wiring as ledger_wiring
from services.web.application import build_application
from services.web.console import build_console


def build(settings: Settings, registry: CollectorRegistry = REGISTRY) -> FastAPI:
    """The application with all services. Raises SettingsError when a setting is missing."""
    health = Health("web", registry)
    intake = intake_wiring.build(settings, health, registry)
    ledger = ledger_wiring.build(settings, health, intake.pending, registry)
    intake.recall_from(ledger.known_records)
    # Intake recalls from the ledger at its start, and stops before it.
    app = build_application([intake, ledger], health)
    # Last: it answers the GETs that nothing else does.
    app.router.routes.extend(build_console(settings).routes())
    return app
