"""The words of every decision that an explanation can name: its rule of records.md 4, in Chinese and English."""

from __future__ import annotations

from typing import Literal

from schemas.explain import Decision

EntryCode = Literal[
    "in_force",
    "in_force_corrected",
    "in_force_released",
    "whole_replaced",
    "part_within_whole",
    "earlier_as_of",
    "lower_stage",
    "lower_level",
    "earlier_in_order",
    "equal_rank",
    "held_conflict",
    "held_decrease",
    "held_surge",
    "corrected",
    "withdrawn",
    "withdraws",
    "returned",
    "duplicate_content",
    "clue",
    "clue_older",
    "component",
    "component_older",
    "not_entitled",
    "hard_check",
    "unit_unknown",
    "frozen",
    "verification_refused",
    "clock_ahead",
    "awaiting_base",
    "foreign_base",
    "use_cancel",
    "no_base",
    "rows_ignored",
    "failed_base",
    "delta_counts",
    "cancel_counts",
    "duplicate_doc",
    "doc_conflict",
    "awaiting_document",
    "not_a_release",
    "over_cancel",
    "release_not_counting",
    "class_not_counting",
    "headcount_in_force",
    "headcount_older",
    "headcount_overtaken",
    "movement_counts",
    "movement_settled",
    "not_applied",
]
CellCode = Literal[
    "own_value", "no_value", "whole_typed", "whole_replaced", "part_counts", "part_within_whole",
    "deltas_summed", "site_summed",
]  # fmt: skip
Code = EntryCode | CellCode


def _counts(rule: str, zh: str, en: str) -> Decision:
    return Decision(rule=rule, counts=True, zh=zh, en=en)


def _loses(rule: str, zh: str, en: str) -> Decision:
    return Decision(rule=rule, counts=False, zh=zh, en=en)


_CELLS: dict[Code, Decision] = {
    "own_value": _counts("R5", "本单位现行值，计入合计", "the unit's value in force is in the total"),
    "no_value": _loses("R3", "没有现行值", "nothing is in force here"),
    "whole_typed": _counts(
        "D",
        "按填报的合计数计：没有时点更晚的分项",
        "the typed whole counts: no part has a later as_of",
    ),
    "whole_replaced": _loses(
        "D",
        "有分项时点更晚，改按分项之和计，填报的合计数不再显示",
        "a part has a later as_of: the sum of the parts replaces the typed whole",
    ),
    "part_counts": _counts("D", "按分项之和计", "the figure is the sum of its parts"),
    "part_within_whole": _loses(
        "D",
        "已含在填报的合计数内，不再相加",
        "already within the typed whole; not added again",
    ),
    "deltas_summed": _counts("R6", "逐单累加", "the sum of the documents that count"),
    "site_summed": _counts(
        "R16",
        "最近一次点数，加其后进出",
        "the headcount in force, and the movements after it",
    ),
}

_FIGURES: dict[Code, Decision] = {
    "in_force": _counts(
        "R3",
        "现行值：时点最新；时点相同的，核定的优先，再以层级高的、后到的为准",
        "in force: the latest as_of; then verified, then the higher level, then the last in the order",
    ),
    "in_force_corrected": _counts("R4", "现行值，已经更正", "in force, as corrected"),
    "in_force_released": _counts(
        "R18", "现行值，暂存后经审核放行", "in force: held, then released by a review"
    ),
    "earlier_as_of": _loses(
        "R3", "时点早于现行值，留作历史", "an earlier as_of than the value in force; kept as history"
    ),
    "lower_stage": _loses(
        "R3",
        "时点相同，报送阶段低于现行值，留作历史",
        "the same as_of, but an earlier stage than the value in force; kept as history",
    ),
    "lower_level": _loses(
        "R3",
        "时点、阶段相同，报送层级低于现行值，留作历史",
        "the same as_of and stage, but a lower level than the value in force; kept as history",
    ),
    "earlier_in_order": _loses(
        "R3",
        "与现行值同时点同级，先到的让后到的，留作历史",
        "ranks equal with the value in force, which came later in the order; kept as history",
    ),
    "equal_rank": _loses(
        "R3",
        "另一单位同时点同级报了相同的数，留作历史",
        "another organisation said the same at equal rank; kept as history",
    ),
    "held_conflict": _loses(
        "R3",
        "暂存：与另一单位同时点同级，数字不同",
        "held: differs from what another organisation said at equal rank",
    ),
    "held_decrease": _loses(
        "R7", "暂存：累计数下降而未说明理由", "held: the figure may not fall without a reason"
    ),
    "held_surge": _loses(
        "R9", "暂存：数字陡增而未说明理由", "held: more than five times the value in force, without a reason"
    ),
    "corrected": _loses("R4", "已被更正替代", "replaced by a correction"),
    "withdrawn": _loses("R4", "已被更正撤销", "withdrawn by a correction"),
    "withdraws": _loses("R4", "更正：撤销原来的数", "a correction that withdraws the value"),
    "returned": _loses("R18", "审核退回，不计", "returned by a review; out of the figures"),
    "duplicate_content": _loses(
        "R1", "与先前一条内容相同，不重复计", "says the same as a record before it; no effect"
    ),
    "hard_check": _loses(
        "R10",
        "同一行数字自相矛盾，整条不采用",
        "figures of one row contradict each other; the whole record is rejected",
    ),
    "unit_unknown": _loses(
        "R11", "计量单位不能换算，不采用", "a unit of measure that cannot be converted; not applied"
    ),
    "frozen": _loses(
        "R15", "该县已核定冻结，只存不计", "the county was verified and frozen; stored, not applied"
    ),
    "verification_refused": _loses(
        "R15",
        "核报未受理：所辖还有县未核定",
        "the verification was refused: a county below is not verified yet",
    ),
    "clock_ahead": _loses(
        "R17",
        "暂存：时点或发送时间比收到时间晚 10 分钟以上，不采用",
        "held: as_of or sent_at is more than 10 minutes after it was received",
    ),
}

_BESIDE: dict[Code, Decision] = {
    "clue": _loses(
        "R2", "列在数字旁备查，不计入", "from a source that writes no figures: shown beside, never summed"
    ),
    "clue_older": _loses(
        "R2", "列旁备查，同一单位另有更新的", "beside the figure; the same organisation said something newer"
    ),
    "component": _loses(
        "R2",
        "村级构成，列在乡镇数字旁，不另加",
        "a village's component of its township: shown with the others' sum, never added",
    ),
    "component_older": _loses(
        "R2", "村级构成，该村另有更新的", "a village's component; there is a newer one"
    ),
    "not_entitled": _loses(
        "R2", "报送单位无权核报，未受理", "refused: only a reporting office may state this"
    ),
}

_CORRECTIONS: dict[Code, Decision] = {
    "awaiting_base": _loses(
        "R4", "等待所更正的记录到达", "waits for the record that it corrects, which is not here yet"
    ),
    "foreign_base": _loses(
        "R4", "所更正的记录属于另一事件，不采用", "the record that it corrects belongs to another incident"
    ),
    "use_cancel": _loses(
        "R4", "出动、调拨、点数不用更正，应撤单另报", "a document or headcount is not corrected but cancelled"
    ),
    "no_base": _loses(
        "R4", "所更正的记录未被采用，无从更正", "the record that it corrects was never applied"
    ),
    "rows_ignored": _loses(
        "R4",
        "撤销归并或核定的更正，所列数字不采用",
        "it undoes a merge or a verification; its rows are ignored",
    ),
    "failed_base": _loses(
        "R4",
        "所更正的记录到达后，更正不能成立，不采用",
        "when the record that it corrects had come, the correction did not hold",
    ),
}

_DOCUMENTS: dict[Code, Decision] = {
    "delta_counts": _counts("R6", "计入：单号首次出现", "counts: the first document of its number"),
    "cancel_counts": _counts("R6", "冲减所撤销的发放", "counts against the release that it cancels"),
    "duplicate_doc": _loses("R6", "单号已有，内容相同，不重复计", "its number is taken by the same document"),
    "doc_conflict": _loses("R6", "暂存：单号已有，内容不同", "held: its number is taken by another document"),
    "awaiting_document": _loses(
        "R6", "等待所撤销的发放单到达", "waits for the release that it cancels, which is not here yet"
    ),
    "not_a_release": _loses("R6", "所撤销的不是发放单，不采用", "what it cancels is no release"),
    "over_cancel": _loses(
        "R6", "暂存：撤销数多于发放余数", "held: cancels more than what is left of the release"
    ),
    "release_not_counting": _loses(
        "R6", "所撤销的发放目前不计，撤销亦不计", "the release that it cancels does not count now"
    ),
    "class_not_counting": _loses(
        "R2", "该类来源的单据、点数不计", "documents and headcounts of this class of source do not count"
    ),
    "headcount_in_force": _counts(
        "R16", "现行点数：时点最新", "the headcount in force: the latest as_of, then the last in the order"
    ),
    "headcount_older": _loses("R16", "时点早于现行点数", "an earlier as_of than the headcount in force"),
    "headcount_overtaken": _loses(
        "R16",
        "与现行点数同时点，先到的让后到的",
        "the same as_of as the headcount in force, which came later",
    ),
    "movement_counts": _counts("R16", "点数之后的进出，计入", "moved after the headcount; counts"),
    "movement_settled": _loses(
        "R16",
        "时点不晚于现行点数，已含在点数内",
        "not later than the headcount in force, which has it already",
    ),
    "not_applied": _loses("R3", "未采用，见判定与标记", "not applied: see its disposition and flags"),
}

DECISIONS: dict[Code, Decision] = _CELLS | _FIGURES | _BESIDE | _CORRECTIONS | _DOCUMENTS
"""Code → its rule and words. One place: a test shows that every code has both languages."""
