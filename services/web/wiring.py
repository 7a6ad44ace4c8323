"""The composition root of the web process: builds the services it is to serve and joins what they offer each other."""

from __future__ import annotations

from fastapi import FastAPI
from prometheus_client import REGISTRY, CollectorRegistry

from fenghuo.platform.health import Health
from fenghuo.platform.settings import Settings, SettingsError
from services.intake import wiring as intake_wiring
from services.intake.ports import PendingRecords
from services.ledger import wiring as ledger_wiring
from services.web.application import build_application
from services.web.console import build_console

SERVICES = ("intake", "ledger", "console")
"""In the order in which their routes are matched."""


def process_name(settings: Settings) -> str:
    """`web` where all services are served, else their names. Raises SettingsError for a name that is none."""
    served = _served(settings)
    return "web" if served == SERVICES else "+".join(served)


def build(settings: Settings, registry: CollectorRegistry = REGISTRY) -> FastAPI:
    """The application with the services that `settings` name. Raises SettingsError when a setting is missing."""
    served = _served(settings)
    health = Health(process_name(settings), registry)
    intake = intake_wiring.build(settings, health, registry) if "intake" in served else None
    ledger = _build_ledger(settings, health, intake, registry) if "ledger" in served else None
    if intake is not None:
        intake.recall_from(ledger.known_records if ledger else ledger_wiring.JournalRecords(settings))
    # Intake recalls from the ledger at its start, and stops before it.
    app = build_application([service for service in (intake, ledger) if service is not None], health)
    if intake is not None and ledger is None:
        app.include_router(intake.internal)
    if "console" in served:
        # Last: it answers the GETs that nothing else does.
        app.router.routes.extend(build_console(settings).routes())
    return app


class PendingHere:
    """The ledger's `PendingRecords` of an intake in the same process."""

    def __init__(self, pending: PendingRecords) -> None:
        self._pending = pending

    async def find(self, record_id: str) -> bytes | None:
        """The record's JSON with its stamp; None when intake holds no such record."""
        return self._pending.find(record_id)


def _served(settings: Settings) -> tuple[str, ...]:
    unknown = sorted(set(settings.services) - set(SERVICES))
    if unknown:
        raise SettingsError(f"FENGHUO_SERVICES names {', '.join(unknown)}; there are {', '.join(SERVICES)}.")
    return tuple(name for name in SERVICES if not settings.services or name in settings.services)


def _build_ledger(
    settings: Settings, health: Health, intake: intake_wiring.Service | None, registry: CollectorRegistry
) -> ledger_wiring.Service:
    if intake is None:
        settings.require_intake()
        return ledger_wiring.build(settings, health, None, registry)
    return ledger_wiring.build(settings, health, PendingHere(intake.pending), registry)
