"""Administrative codes: which unit lies below which, and which county it belongs to."""

NATION = "0" * 12


def ancestors(unit: str) -> list[str]:
    """R5: "all own values below it by code prefix (2, 4, 6, 9 digits; `000000000000` is the nation)"."""
    above = [unit[:digits].ljust(12, "0") for digits in (9, 6, 4, 2)] + [NATION]
    distinct = list(dict.fromkeys(above))
    return [code for code in distinct if code != unit]


def is_village(unit: str) -> bool:
    """R2: "a village code (last three digits not 000)"."""
    return not unit.endswith("000")


def county_of(unit: str) -> str | None:
    """R15: "County = a 6-digit prefix other than the prefecture's or province's own row"."""
    return None if unit.endswith("00000000") else unit[:6]
