"""What people read for the codes of records, outcomes and figures: Chinese first, then English."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from schemas.indicators import indicators
from schemas.outputs import Alarm, Figure

Words = tuple[str, str]
"""(Chinese, English)."""

STATUS: dict[str, Words] = {
    "Actual": ("实战", "Actual"),
    "Exercise": ("演练", "Exercise"),
    "Test": ("测试", "Test"),
}

TYPES: dict[str, Words] = {
    "loss_report": ("灾情报告", "loss report"),
    "zero_report": ("零报告", "zero report"),
    "clue": ("线索", "clue"),
    "correction": ("更正", "correction"),
    "review": ("审核", "review"),
    "verification": ("核定", "verification"),
    "incident_open": ("事件启动", "incident opened"),
    "incident_close": ("事件结束", "incident closed"),
    "incident_merge": ("事件合并", "incidents merged"),
    "dispatch": ("出动", "dispatch"),
    "check_in": ("到位", "check-in"),
    "evacuation_count": ("转移安置", "evacuation count"),
    "supply_movement": ("物资调拨", "supply movement"),
    "alert": ("预警", "alert"),
    "response": ("响应", "response"),
    "hazard_parameter": ("致灾参数", "hazard parameter"),
    "order": ("指令", "order"),
    "receipt": ("回执", "receipt"),
}

DISPOSITIONS: dict[str, Words] = {
    "accepted": ("采纳", "accepted"),
    "stored_late": ("迟到留存", "stored, an older state"),
    "side_table": ("旁列", "shown beside, not summed"),
    "recorded": ("登记", "recorded"),
    "duplicate_content": ("内容重复", "same content again"),
    "duplicate_doc": ("文号重复", "same document again"),
    "held": ("待核", "held"),
    "rejected": ("不采纳", "rejected"),
    "frozen": ("已冻结", "frozen by verification"),
    "refused": ("无权", "refused"),
}

FLAGS: dict[str, Words] = {
    "awaiting_base": ("等待所指记录", "waits for the record it names"),
    "conflict": ("与现值不一致", "differs from what stands"),
    "decrease": ("数值减少且无理由", "lower, and no reason given"),
    "decrease_explained": ("减少有说明", "lower, with a reason"),
    "foreign_base": ("所指属另一事件", "names another incident's record"),
    "future_time": ("时间在未来", "time lies in the future"),
    "incident_alias": ("事件已合并", "by the name of a merged incident"),
    "invariant_violation": ("逻辑校验不通过", "figures contradict each other"),
    "late_arrival": ("到达超30分钟", "arrived over 30 min late"),
    "no_base": ("所指记录不可用", "names no usable record"),
    "no_rows": ("缺少数据行", "has no rows"),
    "over_cancel": ("撤销超过发放", "cancels more than was released"),
    "overdue": ("初报超2小时", "first report over 2 h late"),
    "partly_frozen": ("部分已冻结", "partly frozen"),
    "surge": ("陡增待核", "sudden rise"),
    "unit_converted": ("单位已换算", "unit converted"),
    "unit_unknown": ("单位无法识别", "unit unknown"),
    "unmapped_category": ("目录外指标", "not in the catalogue"),
    "use_cancel": ("请用撤销单", "use a cancel document"),
}

STANDINGS: dict[str, Words] = {
    "effective": ("在用", "in force"),
    "returned": ("已退回", "returned"),
    "held": ("待核", "held"),
    "superseded": ("被替代", "superseded"),
    "none": ("—", "—"),
}

FIGURE_STATUS: dict[str, Words] = {
    "unverified": ("未核实", "unverified"),
    "reviewed": ("已审核", "reviewed"),
    "verified": ("已核定", "verified"),
}

CLASSES: dict[str, Words] = {
    "official_stat": ("统计", "official"),
    "grid": ("网格", "grid"),
    "command_post": ("指挥部", "command post"),
    "dept": ("部门", "department"),
    "media": ("媒体", "media"),
    "public": ("公众", "public"),
    "model": ("模型", "model"),
    "sensor": ("传感", "sensor"),
}

ALARMS: dict[str, Words] = {
    "conflict": ("说法不一", "sources differ"),
    "invariant_breach": ("数据矛盾", "figures contradict each other"),
    "missing_report": ("续报到期未到", "next report due, not in"),
    "over_capacity": ("安置点超出容量", "a shelter over its capacity"),
    "overdue": ("初报超时限", "first report past its time"),
    "shelter_below_zero": ("安置点人数为负", "a shelter below zero"),
}

DETAILS: dict[str, Words] = {
    "capacity": ("容量", "capacity"),
    "due_at": ("应报", "due"),
    "last_sent_at": ("最近报送", "last sent"),
    "occurred_at": ("发生", "occurred"),
    "persons": ("在住", "persons"),
    "sent_at": ("报送", "sent"),
}
"""What an alarm's detail names beside figures and organisations."""

COUNTED: dict[str, Words] = {
    "sorties": ("出动架次", "sorties"),
    "persons_lifted": ("空中转运人数", "persons lifted"),
    "shelter_now": ("安置点在住", "in shelters now"),
    "shelter_in_cum": ("安置点累计入住", "checked in, cumulative"),
}

SUPPLIES: dict[str, Words] = {
    "supply_released": ("已发放", "released"),
    "supply_received": ("已接收", "received"),
    "supply_returned": ("已退回", "returned"),
}

ITEMS: dict[str, str] = {
    "bottled_water": "矿泉水",
    "bread": "面包",
    "clothes": "衣服",
    "generator": "发电机",
    "instant_noodles": "方便面",
    "quilt": "棉被",
    "rain_boots": "雨鞋",
    "raincoat": "雨衣",
    "rice_t": "大米(吨)",
    "striped_tarp": "彩条布",
    "tent": "帐篷",
}
"""Goods of the shipped scenarios; another item is shown by its own key."""

QUALIFIERS = {"exact": "", "about": "约", "at_least": "≥"}


def say(words: dict[str, Words], code: str) -> str:
    """Both languages of a code; the code itself where there are no words for it."""
    zh, en = words.get(code, (code, ""))
    return zh if zh == en or not en else f"{zh} {en}"


def plain(text: str) -> str:
    """Text of unknown origin for a terminal: an escape sequence in an organisation's name must not act."""
    return "".join(each if each.isprintable() else "�" for each in text)


def figure_name(key: str) -> Words:
    """What a figure is called."""
    indicator = indicators().get(key)
    if indicator is not None:
        return indicator.zh, indicator.en
    if key in COUNTED:
        return COUNTED[key]
    head, _, rest = key.partition(".")
    if head in SUPPLIES:
        zh, en = SUPPLIES[head]
        return f"{zh} {ITEMS.get(rest, rest)}", f"{rest} {en}"
    if head == "unmapped":
        return f"{rest}（目录外）", f"{rest}, unmapped"
    return key, key


def alarm_about(alarm: Alarm) -> str:
    """What an alarm is about, without the unit that stands beside it: a site, a figure, a document, a check."""
    about = alarm.subject.removeprefix(alarm.unit).removeprefix("/")
    if alarm.kind == "conflict" and alarm.subject.startswith(alarm.unit):
        about = figure_name(about)[0]
    parts = [_detail(part) for part in alarm.detail.split(", ") if part]
    return " ".join([about, "，".join(parts)]).strip()


def _detail(part: str) -> str:
    """`persons=860` → `在住 860`; moments to the minute, in Beijing time as they are published."""
    key, equals, value = part.rpartition("=")
    if not equals:
        return part
    if key in DETAILS:
        return f"{DETAILS[key][0]} {value[5:16].replace('T', ' ') if key.endswith('_at') else value}"
    return f"{figure_name(key)[0]} {value}"


def order_of(key: str) -> tuple[int, str]:
    """Sort key of figures: the catalogue's order, then what is counted, then goods, then what is unmapped."""
    catalogue = list(indicators())
    if key in catalogue:
        return catalogue.index(key), ""
    if key in COUNTED:
        return len(catalogue) + list(COUNTED).index(key), ""
    return len(catalogue) + len(COUNTED) + key.startswith("unmapped."), key


def number(value: Decimal) -> str:
    """12345.6000 → 12,345.6."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def total(figure: Figure) -> str:
    """The total with its qualifier: 约 about, ≥ at least."""
    return QUALIFIERS[figure.qualifier] + number(figure.total)


def age(span: timedelta) -> str:
    """How long ago, in the largest unit that says enough: 8s, 12m, 3h, 2d."""
    seconds = max(0, int(span.total_seconds()))
    for limit, size, unit in ((120, 1, "s"), (7_200, 60, "m"), (172_800, 3_600, "h")):
        if seconds < limit:
            return f"{seconds // size}{unit}"
    return f"{seconds // 86_400}d"
