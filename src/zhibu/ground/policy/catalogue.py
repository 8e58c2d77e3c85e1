"""Every key a rule set may define: type, Chinese title, unit, stricter direction. A key that is not here is refused by the loader.

Deep keys (``recruit.approve_months.special``) fall back one by one; only a kind of ``life`` is one value as a whole.
Source: rules.md §7 and the values its text calls convention or parameter.
"""
from __future__ import annotations

from functools import cache

from zhibu.ground.policy.spec import KINDS, PERIODS, RECORD_TYPES, Key, Stricter, Type
from zhibu.kernel.activities import ACTIVITY_ZH

NONE, HIGHER, LOWER, EXACT, SUBSET, ORDER = (
    Stricter.NONE, Stricter.HIGHER, Stricter.LOWER, Stricter.EXACT, Stricter.SUBSET, Stricter.ORDER,
)
INT, DECIMAL, BOOL, WORD, WORDS, INTS = Type.INT, Type.DECIMAL, Type.BOOL, Type.WORD, Type.WORDS, Type.INTS
THRESHOLD, SHARE = Type.THRESHOLD, Type.SHARE

#: Families in the order in which pages list them, with their Chinese title.
FAMILIES: dict[str, str] = {
    "life": "组织生活", "votes": "表决", "org": "组织设置", "term": "任期", "recruit": "发展党员", "election": "党内选举", "dues": "党费",
    "education": "教育培训", "relations": "组织关系", "disposal": "组织处置", "dem_life": "民主生活会", "openness": "党务公开",
    "contact_talk": "联系群众", "star": "评星定级", "innovation": "创新奖", "funds": "经费", "places": "场所", "staffing": "人员配备",
    "conventions": "系统约定",
}
TRAINING_KINDS = ("central", "lecture", "theme_day", "online", "self_study")
PLACE_ITEMS = ("signboard", "party_flag", "av_equipment", "books", "rules", "documents", "furniture", "wall_rules", "ledgers")
KIND_ZH: dict[str, str] = {**{str(kind): name for kind, name in ACTIVITY_ZH.items()}, "talk": "谈心谈话"}

_SIX_GOOD = {
    "committee": "班子建设好", "members": "党员管理好", "org_life": "组织生活好", "institutions": "制度落实好", "basics": "基础工作好",
    "effect": "作用发挥好",
}

_ROWS: tuple[Key, ...] = (
    # org
    Key("org.branch_full_min", INT, "成立支部的最少正式党员数", "人", HIGHER),
    Key("org.branch_max_members", INT, "支部党员人数上限", "人", LOWER),
    Key("org.branch_below", INT, "支部党员人数界限（低于）", "人"),
    Key("org.joint_max_units", INT, "联合支部覆盖单位上限", "个", LOWER),
    Key("org.general_branch_min", INT, "设党总支的党员人数", "人", LOWER),
    Key("org.general_branch_above", INT, "设党总支的党员人数（超过）", "人"),
    Key("org.general_branch_below", INT, "党总支党员人数界限（低于）", "人"),
    Key("org.committee_min", INT, "设党委的党员人数", "人", LOWER),
    Key("org.committee_above", INT, "设党委的党员人数（超过）", "人"),
    Key("org.threshold_op", WORD, "设置门槛的比较方式", "", ORDER, (">=", ">")),
    Key("org.committee_size_min", INT, "支委会委员人数下限", "人", HIGHER),
    Key("org.committee_size_normal_max", INT, "支委会委员人数一般上限", "人", LOWER),
    Key("org.committee_size_max", INT, "支委会委员人数上限", "人", LOWER),
    Key("org.committee_from_full", INT, "设支委会的正式党员数", "人", LOWER),
    Key("org.secretary_min_years", INT, "书记的最短党龄", "年", HIGHER),
    Key("org.approve_months", INT, "成立支部的批复期限", "个月", LOWER),
    Key("org.project_months_min", INT, "项目可成立支部的最短工期", "个月", LOWER),
    Key("org.group_min", INT, "党小组的最少党员数", "人", HIGHER),
    Key("org.group_min_full", INT, "党小组的最少正式党员数", "人", HIGHER),
    Key("org.branch_under_min_months", INT, "正式党员不足的支部的观察期", "个月"),
    # term
    Key("term.party_committee", INTS, "党委任期", "年", EXACT),
    Key("term.general_branch", INTS, "党总支任期", "年", EXACT),
    Key("term.branch", INTS, "党支部任期", "年", EXACT),
    Key("term.village_or_community", INTS, "村、社区党组织任期", "年", EXACT),
    Key("term.remind_months_before", INT, "换届提醒提前", "个月", HIGHER),
    Key("term.shift_max_years", INT, "提前或延期换届的上限", "年", LOWER),
    # life: one key per kind
    *(Key(f"life.{kind}", Type.LIFE, KIND_ZH[kind], "", HIGHER) for kind in KINDS),
    # votes
    Key("votes.decision_quorum", THRESHOLD, "党员大会表决的到会人数", "", HIGHER),
    Key("votes.decision_majority", THRESHOLD, "党员大会表决的赞成票", "", HIGHER),
    Key("votes.committee_quorum", THRESHOLD, "支委会的到会委员", "", HIGHER),
    # dues
    Key("dues.wage", Type.BRACKETS, "在职党员党费比例", "", EXACT),
    Key("dues.pension", Type.BRACKETS, "离退休党员党费比例", "", EXACT),
    Key("dues.farmer.min", DECIMAL, "农民党员每月党费下限", "元", HIGHER),
    Key("dues.farmer.max", DECIMAL, "农民党员每月党费上限", "元", LOWER),
    Key("dues.fixed.student", DECIMAL, "学生党员每月党费", "元", EXACT),
    Key("dues.fixed.unemployed", DECIMAL, "下岗失业党员每月党费", "元", EXACT),
    Key("dues.fixed.relief", DECIMAL, "依靠抚恤或救济生活的党员每月党费", "元", EXACT),
    Key("dues.fixed.dibao", DECIMAL, "领取低保金的党员每月党费", "元", EXACT),
    Key("dues.cadence", WORD, "党费交纳周期", "", ORDER, PERIODS),
    Key("dues.quarterly_needs_consent", BOOL, "按季交纳须经支部同意", "", HIGHER),
    Key("dues.back_pay_max_months", INT, "补交党费的一般上限", "个月", LOWER),
    Key("dues.big_gift_from", DECIMAL, "大额党费全额上缴的起点", "元", LOWER),
    Key("dues.lapse_review_months", INT, "连续不交党费启动核查", "个月", LOWER),
    Key("dues.remind_months", INT, "欠交党费提醒", "个月"),
    Key("dues.criticism_months", INT, "欠交党费批评教育", "个月"),
    Key("dues.rounding", WORD, "党费金额取整到", "元", NONE, ("0.01", "0.1", "1")),
    Key("dues.remit_ratio", SHARE, "党费上缴比例"),
    Key("dues.return_ratio", SHARE, "困难村、社区党费返还比例"),
    # recruit
    Key("recruit.min_age", INT, "申请入党的最低年龄", "周岁", HIGHER),
    Key("recruit.first_talk_months", INT, "收到申请书后派人谈话期限", "个月", LOWER),
    Key("recruit.contacts.min", INT, "培养联系人下限", "名", HIGHER),
    Key("recruit.contacts.max", INT, "培养联系人上限", "名", LOWER),
    Key("recruit.introducers", INT, "入党介绍人", "名", EXACT),
    Key("recruit.activist_wait_months", INT, "申请后确定为积极分子的等待期", "个月", HIGHER),
    Key("recruit.candidate_wait_months", INT, "积极分子培养考察期", "个月", HIGHER),
    Key("recruit.review", WORD, "培养考察周期", "", ORDER, PERIODS),
    Key("recruit.report", WORD, "思想汇报周期", "", ORDER, PERIODS),
    Key("recruit.training", Type.TRAINING, "发展对象短期集中培训", "", HIGHER),
    Key("recruit.meeting_quorum", THRESHOLD, "接收预备党员大会的到会人数", "", HIGHER),
    Key("recruit.meeting_majority", THRESHOLD, "接收预备党员的赞成票", "", HIGHER),
    Key("recruit.written_opinions_count", BOOL, "会前正式提交的书面意见计票"),
    Key("recruit.vote_methods", WORDS, "接收预备党员的表决方式", "", SUBSET, ("secret", "hands")),
    Key("recruit.publicity_days", INT, "公示天数", "天", HIGHER),
    Key("recruit.approve_months.normal", INT, "上级审批期限", "个月", LOWER),
    Key("recruit.approve_months.special", INT, "特殊情况下的审批期限", "个月", LOWER),
    Key("recruit.leaving_soon_months", INT, "即将离开单位不办理接收的期限", "个月", HIGHER),
    Key("recruit.probation_months", INT, "预备期", "个月", EXACT),
    Key("recruit.extension_months.min", INT, "延长预备期下限", "个月", HIGHER),
    Key("recruit.extension_months.max", INT, "延长预备期上限", "个月", LOWER),
    Key("recruit.extension_months.times", INT, "延长预备期次数", "次", LOWER),
    Key("recruit.probation_alarm_days", INT, "预备期满提前提醒", "天"),
    # election
    Key("election.quorum", THRESHOLD, "选举大会的到会有选举权人数", "", HIGHER),
    Key("election.majority", THRESHOLD, "当选的赞成票", "", HIGHER),
    Key("election.preselect_majority", THRESHOLD, "预选入选的赞成票", "", HIGHER),
    Key("election.returned_ballots", THRESHOLD, "收回选票数", "", EXACT),
    Key("election.min_difference", SHARE, "候选人差额", "", HIGHER),
    Key("election.plenary_quorum", THRESHOLD, "第一次全体会议的到会委员", "", HIGHER),
    Key("election.plenary_majority", THRESHOLD, "书记、副书记当选的赞成票", "", HIGHER),
    Key("election.reduce_seats_consent", THRESHOLD, "减少应选名额须同意的人数", "", HIGHER),
    Key("election.delegates.from_members", INT, "可召开代表大会的党员人数", "人", HIGHER),
    Key("election.delegates.min", INT, "代表名额下限", "名", HIGHER),
    Key("election.delegates.max", INT, "代表名额上限", "名", LOWER),
    Key("election.delegates.difference", SHARE, "代表候选人差额", "", HIGHER),
    # education
    Key("education.hours", INT, "党员每年集中学习培训", "学时", HIGHER),
    Key("education.secretary_hours", INT, "书记和班子成员每年集中学习培训", "学时", HIGHER),
    Key("education.correction_max_months", INT, "限期改正最长期限", "个月", LOWER),
    Key("education.suspend_lost_months", INT, "失联停止党籍的期限", "个月", EXACT),
    Key("education.remove_after_suspension_years", INT, "停止党籍后按自行脱党处理", "年", EXACT),
    Key("education.abroad_study_years", INT, "出国学习停止党籍的年限", "年", EXACT),
    Key("education.must_transfer_away_months", INT, "外出须转组织关系的期限", "个月", LOWER),
    Key("education.graduate_keep_years", INT, "毕业生组织关系保留期限", "年", LOWER),
    Key("education.abroad_contact", WORD, "与出国党员联系周期", "", ORDER, PERIODS),
    Key("education.days_per_year", INT, "每年集中教育天数", "天", HIGHER),
    Key("education.self_study_hours_per_week", INT, "每周自学时间", "小时", HIGHER),
    Key("education.essays_per_year", INT, "每年学习心得", "篇", HIGHER),
    Key("education.secretary_training_every_years", INT, "书记集中轮训周期", "年", LOWER),
    Key("education.new_secretary_months", INT, "新任书记参加集中培训的期限", "个月", LOWER),
    Key("education.unit_leader_lecture_per_year", INT, "二级单位主要领导每年讲党课", "次", HIGHER),
    Key("education.check_company", WORD, "公司党委检查周期", "", ORDER, PERIODS),
    Key("education.check_unit", WORD, "二级单位党委检查周期", "", ORDER, PERIODS),
    Key("education.hours_full_day", INT, "全天折算学时", "学时"),
    Key("education.hours_half_day", INT, "半天折算学时", "学时"),
    Key("education.counted_kinds", WORDS, "计入集中学习培训的方式", "", NONE, TRAINING_KINDS),
    Key("education.made_up_kinds", WORDS, "补课后计学时的会", "", NONE, TRAINING_KINDS),
    Key("education.hours_not_said", INT, "没写起止时间的主题党日折算学时", "学时"),
    Key("education.pace_on", Type.DAY, "学时进度检查日"),
    Key("education.pace_percent", INT, "检查日应完成的学时进度", "%"),
    # relations
    Key("relations.letter_valid_months", INT, "介绍信有效期", "个月", LOWER),
    Key("relations.letter_valid_days", INT, "介绍信有效期", "天", LOWER),
    Key("relations.letter_in_city_days", INT, "市内介绍信有效期", "天", LOWER),
    Key("relations.letter_outside_days", INT, "市外介绍信有效期", "天", LOWER),
    Key("relations.letter_expiring_days", INT, "介绍信临期提醒提前", "天"),
    Key("relations.temporary_leave_max_months", INT, "临时外出开党员证明信的上限", "个月", LOWER),
    Key("relations.lapse_review_months", INT, "不办组织关系启动核查", "个月", LOWER),
    Key("relations.receipt_months", INT, "介绍信回执寄回的期限", "个月", LOWER),
    Key("relations.floating_contact", WORD, "与流动党员联系周期", "", ORDER, PERIODS),
    # disposal
    Key("disposal.modes", WORDS, "组织处置方式", "", SUBSET, ("correct_in_time", "advise_withdraw", "remove")),
    Key("disposal.correction_default_months", INT, "限期改正一般期限", "个月", LOWER),
    Key("disposal.correction_max_months", INT, "限期改正最长期限", "个月", LOWER),
    Key("disposal.readmission_ban_years", INT, "劝退、除名后不得重新入党", "年", HIGHER),
    # dem_life
    Key("dem_life.window", WORD, "民主生活会周期", "", ORDER, PERIODS),
    Key("dem_life.min", INT, "每个周期民主生活会", "次", HIGHER),
    Key("dem_life.prefer", WORD, "民主生活会一般召开时间", "", NONE, ("Q1", "Q2", "Q3", "Q4")),
    Key("dem_life.attendance", THRESHOLD, "民主生活会到会班子成员", "", HIGHER),
    Key("dem_life.report_days", INT, "民主生活会后报告期限", "天", LOWER),
    Key("dem_life.notify_superior_days", INT, "民主生活会前报告上级", "天", HIGHER),
    Key("dem_life.rectification_months", INT, "民主生活会后整改期限", "个月", LOWER),
    # openness, contact_talk
    Key("openness.window", WORD, "党务公开周期", "", ORDER, PERIODS),
    Key("openness.classes", INT, "党务公开内容类别", "类", HIGHER),
    Key("contact_talk.window", WORD, "与联系对象谈话周期", "", ORDER, PERIODS),
    Key("contact_talk.min", INT, "每个周期与联系对象谈话", "次", HIGHER),
    # star
    Key("star.cap5", SHARE, "五星名额上限"),
    Key("star.cap4", SHARE, "四星名额上限"),
    Key("star.guide3", INT, "三星参考比例", "%"),
    Key("star.guide2", INT, "二星参考比例", "%"),
    Key("star.guide1", INT, "一星参考比例", "%"),
    Key("star.guide0", INT, "无星参考比例", "%"),
    Key("star.reward5_yuan", INT, "五星一次性奖励", "元"),
    Key("star.commendation_min_level", INT, "集体先优的最低星级", "星"),
    Key("star.quota_scope5", WORD, "五星名额的计算范围", "", NONE, ("city", "county", "awarding_body")),
    Key("star.quota_scope4", WORD, "四星名额的计算范围", "", NONE, ("city", "county", "awarding_body")),
    Key("star.stars", INT, "星的总数", "颗"),
    Key("star.common", INT, "共性星", "颗"),
    Key("star.individual", INT, "个性星", "颗"),
    Key("star.points", INT, "每颗星分值", "分"),
    Key("star.win", THRESHOLD, "得星线", "percent"),
    Key("star.pass_min_stars", INT, "合格的最少星数", "颗"),
    Key("star.panel_min", INT, "评审委员会人数下限", "人"),
    Key("star.panel_max", INT, "评审委员会人数上限", "人"),
    Key("star.priority_from", INT, "优先享受政策的最低星数", "颗"),
    Key("star.rectify_to", INT, "须整改的最高星数", "颗"),
    Key("star.member_goal", THRESHOLD, "达到十星标准的党员比例", "percent"),
    Key("star.exclude_last_villages", INT, "考核末位村不评十星", "个"),
    Key("star.exclude_last_departments", INT, "考核末位部门不评十星", "个"),
    Key("star.bands", Type.BANDS, "星级分数段"),
    Key("star.low_min", SHARE, "一星及以下的最低比例"),
    Key("star.bonus.honour", INTS, "表彰加分（市、省、国家）", "分"),
    Key("star.bonus.innovation", INTS, "创新推广加分（市、省、国家）", "分"),
    Key("star.bonus.per_kind", WORD, "同类加分取法", "", NONE, ("highest", "sum")),
    Key("star.deduct.circular_work_committee", INT, "工委通报批评每次扣分", "分"),
    Key("star.deduct.circular_city", INT, "市委通报批评每次扣分", "分"),
    Key("star.deduct.leader_up_to_serious_warning", INT, "班子成员受警告、严重警告每人次扣分", "分"),
    Key("star.deduct.leader_from_removal", INT, "班子成员受撤职以上处分每人次扣分", "分"),
    Key("star.deduct.member", INT, "党员违纪违法每人次扣分", "分"),
    Key("star.deduct.absence", INT, "无故缺席每次扣分", "分"),
    Key("star.deduct.satisfaction_below_60", INT, "满意率低于 60% 扣分", "分"),
    Key("star.no_star.satisfaction_below", INT, "满意率低于此值不定星级", "%"),
    Key("star.caps.election_overdue", INT, "逾期换届的最高星级", "星"),
    Key("star.caps.election_overdue_over_months_12", INT, "逾期换届超过 12 个月的最高星级", "星"),
    Key("star.caps.absences_from_3", INT, "缺席 3 次以上的最高星级", "星"),
    Key("star.demote.absences_from_3", INT, "缺席 3 次以上年终降级", "级"),
    Key("star.participation", THRESHOLD, "测评党员参与率", "percent"),
    Key("star.publicity_days", INT, "公示天数", "天"),
    *(Key(f"star.dimensions.{code}", INT, f"“{title}”满分", "分") for code, title in _SIX_GOOD.items()),
    *(Key(f"star.criteria.{code}", Type.DECIMALS, f"“{title}”各项分值", "分") for code, title in _SIX_GOOD.items()),
    Key("star.binary", BOOL, "达标得满分、不达标不得分"),
    Key("star.demo_bands", Type.BANDS, "等次分数段（演示）", "", NONE, ("excellent", "good", "basic", "unqualified")),
    Key("star.class_bands", Type.BANDS, "一、二、三类分数段（演示）", "", NONE, ("first", "second", "third")),
    # innovation, funds, places, staffing
    Key("innovation.apply_quarter", INT, "创新奖申报季度", "季度"),
    Key("innovation.shortlist_by", Type.DAY, "创新奖立项截止"),
    *(Key(f"innovation.prize_yuan.{code}", INT, f"创新奖{title}奖金", "元")
      for code, title in (("special", "特等奖"), ("first", "一等奖"), ("second", "二等奖"), ("third", "三等奖"))),
    Key("funds.urban_community", INT, "市辖社区服务群众专项经费", "元"),
    Key("funds.county_community", INT, "县社区服务群众专项经费", "元"),
    Key("funds.per_member", INT, "党员活动经费（每名党员）", "元"),
    Key("funds.village_office", INT, "村级办公经费（每村）", "元"),
    Key("funds.village_increment.province", INT, "村级办公经费增量（省）", "元"),
    Key("funds.village_increment.county", INT, "村级办公经费增量（县）", "元"),
    Key("places.village_m2", INT, "村级活动场所面积", "平方米"),
    Key("places.community_m2", INT, "社区活动场所面积", "平方米"),
    Key("places.items", WORDS, "活动场所应有的设施", "", NONE, PLACE_ITEMS),
    Key("staffing.township_fulltime_min", INT, "乡镇专职党务干部", "名"),
    Key("staffing.instructor_max_units", INT, "党建指导员联系单位上限", "个"),
    # conventions
    Key("conventions.late_entry_days", INT, "活动后超过此期限录入为超期补录", "天"),
    Key("conventions.closing_days", INT, "期满后的收尾期", "天"),
    Key("conventions.due_soon_days", INT, "临期提醒提前", "天"),
    Key("conventions.reminder.every_days", INT, "同一事项两次催办的最短间隔", "天"),
    Key("conventions.reminder.from", Type.TIME, "催办最早时间"),
    Key("conventions.reminder.to", Type.TIME, "催办最晚时间"),
    Key("conventions.reminder.working_days_only", BOOL, "只在工作日催办"),
    Key("conventions.theme_day_shift_days", INT, "固定党日遇节假日最多移动", "天"),
    Key("conventions.absence_review_months", INT, "连续不参加组织生活启动核查", "个月"),
    Key("conventions.must_talk_days", INT, "五必谈任务期限", "天"),
    Key("conventions.must_visit_days", INT, "五必访任务期限", "天"),
    Key("conventions.festival_visit_days", INT, "七一、春节走访提前", "天"),
    Key("conventions.compliance_rate", WORD, "完成率算法", "", NONE, ("pooled", "mean")),
    Key("conventions.may_count_together", Type.PAIRS, "可合并计算的活动", "", NONE, KINDS),
    Key("conventions.lecture_other_lecturers", BOOL, "党课可由书记、党建指导员以外的人讲"),
    *(Key(f"conventions.records.{kind}", WORDS, f"{KIND_ZH[kind]}必需记录", "", NONE, RECORD_TYPES) for kind in KINDS),
    Key("conventions.circular_below_percent", INT, "列入通报的完成率界限", "%"),
    Key("conventions.survey_min_percent", INT, "问卷有代表性的最低回收率", "%"),
    Key("conventions.debrief_satisfaction_percent", INT, "述职满意率下限", "%"),
)

#: name → key, in the order of the list above.
KEYS: dict[str, Key] = {row.name: row for row in _ROWS}
assert len(KEYS) == len(_ROWS), "a key is listed twice"


@cache
def family_keys(family: str) -> tuple[Key, ...]:
    """Return the keys of a family in catalogue order."""
    return tuple(key for key in KEYS.values() if key.family == family)
