"""The sections of a member's page. Each area gives one; what the reader may not see is not there at all.

A section is a function of the actor, the person and today. It shows to the person himself and to those whose rights allow, and gives None to everybody else."""
from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.utils.timezone import localtime

from zhibu.areas.meetings import one_member
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.people import looks
from zhibu.kernel.activities import ACTIVITY_ZH, ActivityKind
from zhibu.kernel.dates import show
from zhibu.web.care import on_person as care
from zhibu.web.channels import on_person as channels_on_person
from zhibu.web.dues import on_person as dues
from zhibu.web.talks import on_person as talks
from zhibu.web.training import on_person as training
from zhibu.web.transfers import on_person as transfers

from .section import Section

ATTENDED = {"present": "到会", "leave": "请假", "absent": "没来", "not_counted": "不计"}
LOOKED = {
    looks.LOOK: "打开全页", looks.COPY_FOR: "替您取了一份资料", "people.reveal_id_no": "看完整身份证号", "people.reveal_phone": "看完整电话", "people.reveal_file": "导出完整号码", "roster.paper": "打印或导出采集表",
}


def meetings(actor: Actor, person_id: int, today: date) -> Section | None:
    """Show the meetings of this year and whether the member came."""
    first = date(today.year, 1, 1)
    own = actor.person_id == person_id
    found = one_member.own_meetings(person_id, first, today) if own else one_member.meetings_of(actor.scope(P.ACTIVITY_READ), person_id, first, today)
    if found is None:
        return None
    here = sum(m.status == "present" for m in found)
    made_up = sum(m.made_up_on is not None for m in found)
    said = f"{today.year}年应到 {len(found)} 次，到会 {here} 次" + (f"，补课 {made_up} 次" if made_up else "") + "。" if found else f"{today.year}年还没有要参加的会。"
    rows = tuple(
        (show(m.held_on), "、".join(dict.fromkeys(ACTIVITY_ZH[ActivityKind(k)] for k in m.kinds)), m.title,
         ATTENDED.get(m.status, m.status) + (f"（{m.reason}）" if m.reason else "") + (f"，{show(m.made_up_on)}补课" if m.made_up_on else ""))
        for m in found
    )
    return Section("meetings", "会议和考勤", (said,), ("日期", "会议", "题目", "到会"), rows, "到没到会，以支部点名为准；记错了请告诉支部书记更正。")


def looked_at(actor: Actor, person_id: int, today: date) -> Section | None:
    """Show the person himself who looked at the file."""
    if actor.person_id != person_id:
        return None
    rows = tuple((f"{localtime(one.at):%Y-%m-%d %H:%M}", one.name, LOOKED[one.action]) for one in looks.looks_at(person_id))
    return Section("looks", "谁看过我的资料", () if rows else ("还没有人打开过您的全页、看过完整号码或打印过采集表。",), ("时间", "谁", "做了什么"), rows, "同一个人一天内多次打开全页，只记一次。")


Provider = Callable[[Actor, int, date], Section | None]

#: in the order of the page
SECTIONS: list[Provider] = [meetings, channels_on_person.section, talks.section, care.section, transfers.section, dues.section, training.section, looked_at]


def sections(actor: Actor, person_id: int, today: date) -> tuple[Section, ...]:
    """Give every section of a member's page that the actor may see and that has something to say."""
    return tuple(found for provider in SECTIONS if (found := provider(actor, person_id, today)) is not None)
