"""What ui/gallery.html needs: one of each component, with invented content. ``sample()`` makes it; no query is asked."""

from __future__ import annotations

from dataclasses import dataclass

from zhibu.web.shell.context import Button, Callout, Choice, Evidence, Field, Pair, Stat, State, Tone, Why


@dataclass(frozen=True, slots=True)
class GalleryPage:
    """部件."""

    title: str
    stats: tuple[Stat, ...]
    states: tuple[State, ...]
    buttons: tuple[Button, ...]
    choices: tuple[Choice, ...]
    fields: tuple[Field, ...]
    callouts: tuple[Callout, ...]
    facts: tuple[Pair, ...]
    why: Why


def sample() -> GalleryPage:
    """Return the gallery's content."""
    return GalleryPage(
        title="部件",
        stats=(
            Stat("党支部", "422"),
            Stat("本月进度", "66", "%"),
            Stat("过期未开", "12", "项", Tone.BAD),
            Stat("补记", "14", "项", Tone.WARN),
        ),
        states=(
            State(Tone.OK, "按期"),
            State(Tone.WARN, "补记"),
            State(Tone.BAD, "过期 18 天"),
            State(Tone.WAIT, "等待"),
            State(Tone.PLAIN, "一般"),
        ),
        buttons=(
            Button("保存并完成", "#", style="pri"),
            Button("补记", "#", style="sec"),
            Button("没开", "#"),
            Button("提醒", "#", small=True),
            Button("不办了", "#", style="txt"),
            Button("撤销", "#", disabled="已过 7 天，不能撤销"),
        ),
        choices=(Choice("综合", url="#", chosen=True), Choice("党员大会", url="#"), Choice("党课", url="#")),
        fields=(
            Field("a", "姓名", value="王秀兰", width="half", required=True),
            Field("b", "哪天", "date", "2025-09-20", width="half", error="日期不能晚于今天"),
            Field("c", "党小组", "select", choices=(Choice("一组", "1"), Choice("二组", "2", chosen=True)), width="half"),
            Field("d", "类别", "radio", choices=(Choice("正式", "f", chosen=True), Choice("预备", "p")), width="half"),
            Field("e", "原因", "textarea", help="上级看得到，不会公开"),
        ),
        callouts=(
            Callout("有表决权 30 人，到会 26 人：够 15 人，可以表决。", Tone.OK),
            Callout("同一事项 7 天内只提醒一次。", Tone.WARN),
            Callout("结束时间早于开始时间。", Tone.BAD),
            Callout("现在不用办。"),
        ),
        facts=(Pair("身份证号", "990201************"), Pair("入党时间", "1998年7月", "只知道到月")),
        why=Why(
            title="8月支委会",
            state=State(Tone.BAD, "过期未开"),
            rule="支部委员会每月至少 1 次",
            clause="支部工作条例（试行）",
            rule_set="全国规定",
            window="8月1日至8月31日",
            sum="应开 1 次，算完成 0 次",
            cure="开过的补记下来就算完成；没开的写明原因，报上级同意后免。",
            records=(Evidence("9月2日", "支委会", State(Tone.WAIT, "补开")),),
            verified=False,
        ),
    )
