"""Pure decisions of the ledger: which units a record concerns, how units nest, what changed, how fresh a view is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from streams.picture.units import NATION, ancestors


def scopes_of(units: Iterable[str]) -> list[str]:
    """The units and all above them, sorted, without the nation (it contains everything)."""
    scopes = {scope for unit in units for scope in (unit, *ancestors(unit))}
    return sorted(scopes - {NATION})


def code_range(unit: str) -> tuple[str, str]:
    """The least and the greatest code of the unit and all below it (records.md R5)."""
    prefix = next(unit[:digits] for digits in (0, 2, 4, 6, 9, 12) if not unit[digits:].strip("0"))
    return prefix.ljust(12, "0"), prefix.ljust(12, "9")


def nest(unit: str, units: Iterable[str]) -> dict[str, list[str]]:
    """Unit → its children, of `unit` and the units below it, in code order.

    A child hangs on the nearest unit above it that is there, so that a level without a row hides nothing.
    """
    present = {code for code in units if unit in ancestors(code)} | {unit}
    children: dict[str, list[str]] = {code: [] for code in present}
    for code in sorted(present - {unit}):
        children[next(above for above in ancestors(code) if above in present)].append(code)
    return children


def within_depth(unit: str, children: Mapping[str, list[str]], depth: int) -> set[str]:
    """The units down to `depth` levels below `unit`; −1: all."""
    found, level = {unit}, [unit]
    while level and depth != 0:
        level = [child for code in level for child in children[code]]
        found.update(level)
        depth -= 1
    return found


def changed_figures(
    before: Mapping[str, bytes], after: Mapping[str, bytes]
) -> list[tuple[str, bytes | None]]:
    """Keys whose published figure changed, sorted, with the new figure; None: the figure left."""
    keys = sorted(before.keys() | after.keys())
    return [(key, after.get(key)) for key in keys if before.get(key) != after.get(key)]
