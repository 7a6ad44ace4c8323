"""The regions: all of China, province to township, and an operator's own reporting units."""

from __future__ import annotations

from collections import Counter

import pytest

from schemas.regions import NATION, RegionError, children, name, path, regions, shipped

WOLONG = "513221990000"


def test_it_is_all_of_china() -> None:
    levels = Counter(level for region in regions().values() for level in (region.level, *region.also))
    # 31 provinces with their units, and Taiwan, Hong Kong and Macao, whose units have no codes in the source.
    assert levels == {"nation": 1, "province": 34, "prefecture": 342, "county": 2978, "township": 41352}
    with_units = [region for region in children(NATION) if children(region.code)]
    assert len(with_units) == 31
    assert {name(code) for code in ("710000000000", "810000000000", "820000000000")} == {
        "台湾省",
        "香港特别行政区",
        "澳门特别行政区",
    }


def test_linyi_has_the_13_counties_and_156_townships_of_its_report() -> None:
    counties = children("371300000000")
    assert len(counties) == 13
    assert "371371000000" in {county.code for county in counties}  # 高新区: a statistical zone that reports
    assert sum(len(children(county.code)) for county in counties) == 156


def test_the_names_of_wenchuan() -> None:
    assert [region.name for region in path("513221105000")] == [
        "全国",
        "四川省",
        "阿坝藏族羌族自治州",
        "汶川县",
        "水磨镇",
    ]
    assert {name(f"513221{town}000") for town in (100, 102, 103, 105, 106, 107, 108, 109, 111)} == {
        "威州镇",
        "映秀镇",
        "卧龙镇",
        "水磨镇",
        "漩口镇",
        "三江镇",
        "耿达镇",
        "绵虒镇",
        "灞州镇",
    }


@pytest.mark.parametrize("code", ["441900000000", "442000000000", "460400000000"])
def test_a_city_without_counties_is_its_own_county(code: str) -> None:
    region = regions()[code]
    assert (region.level, region.also) == ("prefecture", ("county",))
    assert children(code)
    assert {child.level for child in children(code)} == {"township"}


def test_kinmen_is_a_county_and_its_own_township() -> None:
    assert (regions()["350527000000"].level, regions()["350527000000"].also) == ("county", ("township",))


def test_every_unit_reports_to_the_nation_in_the_end() -> None:
    for code, region in regions().items():
        assert len(code) == 12
        assert region.name.strip() == region.name != ""
        assert path(code)[0].code == NATION
        assert len(path(code)) <= 5


def test_an_unknown_code_has_its_code_for_a_name() -> None:
    assert name("999999999999") == "999999999999"
    with pytest.raises(KeyError):
        children("999999999999")


def test_an_operator_puts_wolong_beside_wenchuan() -> None:
    tree = shipped().with_overrides(
        [
            "code\tname\tlevel\tparent",
            "# 卧龙特别行政区 reports by itself",
            f"{WOLONG}\t卧龙特别行政区\tcounty\t513200000000",
            f"513221103000\t\t\t{WOLONG}",
            f"513221108000\t\t\t{WOLONG}",
        ]
    )
    assert [child.name for child in tree.children(WOLONG)] == ["卧龙镇", "耿达镇"]
    assert [region.name for region in tree.path("513221108000")][-2:] == ["卧龙特别行政区", "耿达镇"]
    assert "卧龙镇" not in {child.name for child in tree.children("513221000000")}
    assert "卧龙镇" in {child.name for child in children("513221000000")}, "the shipped tree stays"


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("51322\tx\tcounty\t", "line 1: code '51322' has not 12 digits"),
        ("513221990000\t卧龙\t\t", "line 1: the new unit 513221990000 needs a name and a level"),
        ("513221990000\t卧龙\tzone\t", "line 1: level 'zone'"),
        (
            "513221990000\t卧龙\tcounty\t513299000000",
            "513221990000 reports to 513299000000, which is no unit",
        ),
        ("513221105000\t\t\t513221105000", "may not report to itself"),
        ("513221105000\t\t\t\tmore", "line 1: 5 columns"),
    ],
)
def test_an_override_that_cannot_be_is_refused(line: str, complaint: str) -> None:
    with pytest.raises(RegionError, match=complaint):
        shipped().with_overrides([line])
