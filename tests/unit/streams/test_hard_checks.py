"""R10: every hard check of records.md 4, and no other one."""

from __future__ import annotations

from decimal import Decimal

import pytest

from streams.picture import checks

# records.md 4, R10, written out by hand.
AT_MOST = {
    "pop_affected": ("dead", "missing", "injured", "reloc_cum", "reloc_central_cum", "need_life_aid_cum"),
    "injured": ("injured_severe",),
    "crop_affected_ha": ("crop_damaged_ha", "crop_failed_ha", "crop_affected_grain_ha"),
    "crop_damaged_ha": ("crop_failed_ha", "crop_damaged_grain_ha"),
    "crop_failed_ha": ("crop_failed_grain_ha",),
}
LOSSES = (
    *("loss_home_wan", "loss_agri_wan", "loss_industry_wan"),
    *("loss_infra_wan", "loss_public_wan", "loss_other_wan"),
)


def pairs() -> set[tuple[str, str]]:
    keys = set(checks.indicators())
    found = {(smaller, larger) for larger, smallers in AT_MOST.items() for smaller in smallers}
    found |= {(key, key[: -len("_resid")]) for key in keys if key[:6] == "rooms_" and key[-6:] == "_resid"}
    found |= {(key, f"{key[:-4]}_cum") for key in keys if key[-4:] == "_now" and f"{key[:-4]}_cum" in keys}
    return found


def broken(**values: float) -> set[str]:
    stated = {key: Decimal(str(value)) for key, value in values.items()}
    found = {check for check, _ in checks.breaches(stated)}
    assert checks.holds(stated) == (not found)
    return found


def test_the_pairs_are_those_of_the_rule() -> None:
    assert set(checks.AT_MOST) == pairs()
    assert sorted(checks._at_most_pairs()) == sorted(checks.AT_MOST)
    assert len(checks.AT_MOST) == len(pairs())


@pytest.mark.parametrize(("smaller", "larger"), checks.AT_MOST)
def test_equal_holds_and_one_more_does_not(smaller: str, larger: str) -> None:
    assert broken(**{smaller: 3, larger: 3}) == set()
    assert broken(**{smaller: 3.0001, larger: 3}) == {f"{smaller}<={larger}"}
    assert broken(**{smaller: 3}) == set()
    assert broken(**{larger: 3}) == set()


def test_the_loss_is_the_sum_of_its_six_parts_within_three() -> None:
    parts: dict[str, float] = dict.fromkeys(LOSSES, 20)
    check = f"loss_direct_wan={'+'.join(LOSSES)}"
    for total in (117, 120, 123):
        assert broken(loss_direct_wan=total, **parts) == set()
    for total in (116.9999, 123.0001):
        assert broken(loss_direct_wan=total, **parts) == {check}
        for part in LOSSES:
            assert (
                broken(loss_direct_wan=total, **{key: value for key, value in parts.items() if key != part})
                == set()
            )


@pytest.mark.parametrize("ending", ["cum", "now"])
def test_relocated_people_are_those_in_camps_and_those_with_relatives(ending: str) -> None:
    whole, central, dispersed = (f"reloc_{part}{ending}" for part in ("", "central_", "dispersed_"))
    assert broken(**{whole: 5, central: 2, dispersed: 3}) == set()
    for total in (4.9999, 5.0001):
        assert broken(**{whole: total, central: 2, dispersed: 3}) == {f"{whole}={central}+{dispersed}"}
    assert broken(**{whole: 9, central: 2}) == set()


def test_a_breach_names_the_keys_that_are_in_it() -> None:
    stated = {key: Decimal(value) for key, value in {"dead": 4, "pop_affected": 3, "injured": 1}.items()}
    assert list(checks.breaches(stated)) == [("dead<=pop_affected", ("dead", "pop_affected"))]
    sums = {"reloc_now": Decimal(9), "reloc_central_now": Decimal(1), "reloc_dispersed_now": Decimal(2)}
    assert [keys for _, keys in checks.breaches(sums)] == [
        ("reloc_now", "reloc_central_now", "reloc_dispersed_now")
    ]
