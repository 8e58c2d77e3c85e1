"""The pages of transfers and members away: from the list to the printed letter, refusals in words, both sides, the section of the member's page."""
from __future__ import annotations

import io
import itertools
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from docx import Document
from tests import world
from tests.areas.test_transfers import PAID, going, sent
from tests.everywhere.pages import Page, read, send
from tests.everywhere.test_bad_input import complaint, nothing_written, visitor
from tests.web.test_paper import PAYLOADS
from tests.world import AT, TODAY, World

from zhibu.areas.dues import bases, paying
from zhibu.areas.dues.bases import NewBase
from zhibu.areas.dues.rules import month_from
from zhibu.areas.transfers import applying, certificates, floating_actions, letters, queries, receiving, wish_actions
from zhibu.areas.transfers.letters import Letter
from zhibu.exchange import letter_word
from zhibu.exchange.sheets.introduction_letter import introduction_letter
from zhibu.exchange.sheets.stay_certificate import stay_certificate
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal.models import Entry
from zhibu.ground.people import actions as people_actions
from zhibu.kernel import capitals

pytestmark = pytest.mark.django_db


@pytest.fixture
def w(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(timezone, "now", lambda: AT)
    return world.build(branches=2, members=4)


def at(name: str, *args: int) -> str:
    return reverse(f"transfers:{name}", args=args)


def opened(client: Client, url: str) -> Page:
    response = client.get(url)
    assert response.status_code == 200, (url, response.status_code)
    return read(response, url)


def state(w: World, made: int) -> str:
    return queries.transfer(Scope((w.paths["QH"],)), made).state_title


def newest(w: World) -> int:
    return queries.unfinished(Scope((w.paths["QH"],)))[-1].id


def test_member_target_print_are_four_taps_at_the_committee(w: World) -> None:
    """Pick the member, the target, 开介绍信, 打印 (ux.md §5.2, screen 8)."""
    client = visitor("clerk1")
    pick = opened(client, at("pick") + f"?org={w.orgs['T1-B1']}")
    address = next(url for url, words in pick.links if words == "李二11")                                     # 1
    form = opened(client, address)
    assert "第2镇第1村党支部" not in form.text and "中共青禾县第2镇委员会" in form.html                               # other committees are proposed
    made = send(client, form, form.form("to"), {"to": "第2镇第1村党支部", "paid_to": "2026-11"}, "letter")     # 2, 3
    letter = opened(client, made.headers["Location"])
    assert "第0001号" in letter.text and "990201*" in letter.text
    printed = send(client, letter, next(f for f in letter.forms if ("as", "page") in f.fields))               # 4
    assert printed.status_code == 200 and world.id_number(2) in printed.content.decode()
    assert [e.action for e in Entry.objects.within(Scope((w.paths["T1"],))).order_by("-id")[:2]] == ["transfers.paper", "people.reveal_file"]


def test_a_branch_hands_in_and_the_other_side_receives(w: World) -> None:
    secretary, clerk2 = visitor("secretary"), visitor("clerk2")
    form = opened(secretary, at("start", w.persons["T1-B1"][1]))
    assert not any(name == "reach" for f in form.forms for name, _ in f.fields), "letters are the committee's"
    made = send(secretary, form, form.form("to"), {"to": "第2镇第1村党支部", "paid_to": "2026-11"}, "send")
    assert made.status_code == 302 and state(w, newest(w)) == "支部已核"
    made_id = newest(w)
    page = opened(secretary, at("transfer", made_id))
    assert "等转出的党委开介绍信" in page.text and secretary.get(at("issue", made_id)).status_code == 403
    clerk1 = visitor("clerk1")
    issue = opened(clerk1, at("issue", made_id))
    assert send(clerk1, issue, issue.form("reach"), {"reach": "outside"}).status_code == 302
    assert [words for _, words in opened(clerk2, at("list") + "?tab=in").links].count("李二11") == 1
    receive = opened(clerk2, at("receive", made_id))
    assert send(clerk2, receive, receive.form("to_org"), {"group": str(w.groups["T2-B1"][0])}).status_code == 302
    page = opened(clerk2, at("transfer", made_id))
    tap = next(f for f in page.forms if f.action == at("receipt", made_id))
    assert send(clerk2, page, tap).status_code == 302 and state(w, made_id) == "回执已发"
    page = opened(clerk1, at("transfer", made_id))
    tap = next(f for f in page.forms if f.action == at("close", made_id))
    assert send(clerk1, page, tap).status_code == 302 and state(w, made_id) == "已办结"
    assert visitor("secretary2").get(at("transfer", made_id)).status_code == 404 and visitor("committee").get(at("transfer", made_id)).status_code == 403


def test_the_month_paid_to_is_proposed_to_those_who_keep_the_dues(w: World) -> None:
    secretary, person = w.actor("secretary"), w.persons["T1-B1"][1]
    bases.declare_many(secretary, w.orgs["T1-B1"], [NewBase(person, "farmer", 50, month_from("2026-09"))], at=AT)
    paying.pay(secretary, w.orgs["T1-B1"], person, [month_from("2026-09"), month_from("2026-10")], paid_on=TODAY, method="cash", at=AT)
    assert ("paid_to", "2026-10") in opened(visitor("secretary"), at("start", person)).form("to").fields
    assert ("paid_to", "2026-10") not in opened(visitor("clerk1"), at("start", person)).form("to").fields


def test_a_second_press_is_told_how_it_stands(w: World) -> None:
    made = sent(w)
    client = visitor("clerk2")
    form, again = opened(client, at("receive", made)), opened(client, at("receive", made))
    assert send(client, form, form.form("to_org")).status_code == 302
    assert send(client, form, form.form("to_org")).status_code == 302, "the same form twice leads to the same place"
    late = send(client, again, again.form("to_org"))
    text = late.content.decode()
    assert late.status_code == 409 and all(x in text for x in ("现在是“已接收”", "2026年11月20日clerk2办了“接收”", "您填的没有存", "等接收的党委发回执", at("transfer", made)))
    for user, name in (("clerk2", "return"), ("clerk1", "reissue"), ("clerk1", "cancel"), ("secretary", "check")):
        assert visitor(user).get(at(name, made)).status_code == 409, name
    receipt = opened(client, at("transfer", made))
    receiving.receipt(w.actor("clerk2"), made, on=TODAY, version=4, at=AT)
    late = send(client, receipt, next(f for f in receipt.forms if f.action == at("receipt", made)))
    assert late.status_code == 409 and "clerk2办了“发回执”" in late.content.decode() and "等转出的党委办结" in late.content.decode()


def test_a_step_on_an_old_page_says_what_was_done_meanwhile(w: World) -> None:
    """Two clerks have the same letter open: the second sees the first one's step beside the own words, and may then go on knowingly."""
    made, client = sent(w), visitor("clerk1")
    form, fresh = opened(client, at("reissue", made)), opened(client, at("reissue", made))
    letters.reissue(w.actor("clerk1"), made, Letter(TODAY), reason="原信遗失", version=3, at=AT)
    with nothing_written():
        response = send(client, form, form.form("reach"), {"reason": "我也要重开"})
    text = response.content.decode()
    assert response.status_code == 409 and all(x in text for x in ("2026年11月20日clerk1办了“重开介绍信”", "我也要重开", "重开介绍信", "原信遗失", "clerk1，11月20日 10:00", "第0002号")), text
    again = read(response, form.url)
    assert send(client, again, again.form("reach")).status_code == 302 and queries.transfer(Scope((w.paths["T1"],)), made).letter_no == "0003"
    twin = dict(fresh.form("reach").fields)  # the twin: it is the version that stops the second one
    assert twin["version"] == "3" and send(client, fresh, fresh.form("reach"), {"reason": "我也要重开", "version": "5"}).status_code == 302


def test_a_record_of_somebody_away_changed_meanwhile_is_shown(w: World) -> None:
    client = visitor("secretary")
    made, _ = floating_actions.go(w.actor("secretary"), going(w), at=AT)
    change, end = opened(client, at("float-edit", made)), opened(client, at("float-end", made))
    first = {"place": "广东省深圳市", "contact": "张三11", "until_on": None, "fixed": True}
    floating_actions.change(w.actor("secretary"), made, **first, version=1, at=AT)
    for form, holds, typed, now in ((change, "place", {"place": "广东省佛山市"}, ("广东省深圳市", "张三11")), (end, "why", {"why": "回村了"}, ("广东省佛山市",))):
        with nothing_written():
            response = send(client, form, form.form(holds), typed)
        text = response.content.decode()
        assert response.status_code == 409 and all(x in text for x in (*typed.values(), *now, "secretary，11月20日 10:00")), text
        again = read(response, form.url)
        assert send(client, again, again.form(holds)).status_code == 302


@pytest.mark.parametrize(("typed", "code", "says"), [
    ({"to": "第1镇第1村党支部"}, "E044", "不用转"),
    ({"to": ""}, "E054", "请写转去哪个党组织"),
    ({"to": "没有这个支部"}, "", "系统里没有找到“没有这个支部”"),
    ({"to": "村党支部"}, "", "有好几个，请写全称"),
    ({"to": "中共青禾县第1镇委员会"}, "E045", "请选要转去的党支部"),
    ({"where": "outside"}, "E054", "接收党委的全称"),
    ({"to": "第2镇第1村党支部", "paid_to": "2026-12"}, "E001", "晚于本月"),
    ({"to": "第2镇第1村党支部", "paid_to": "去年"}, "", "要写成 2026-11 的样子"),
    ({"to": "第2镇第1村党支部", "paid_to": ""}, "E008", "还没有写党费交到哪个月"),                 # issue without paid-to month
    ({"to": "第2镇第1村党支部", "paid_to": "2026-11", "reach": "days", "days": "91"}, "", "太长"),
    ({"to": "第2镇第1村党支部", "paid_to": "2026-11", "issued_on": "2026-11-19"}, "E002", "早于申请日期"),
    ({"to": "第2镇第1村党支部", "paid_to": "2026-11", "applied_on": "2026-11-21"}, "E001", "晚于今天"),
])
def test_what_a_transfer_form_refuses(typed: dict[str, str], code: str, says: str, w: World) -> None:
    client = visitor("clerk1")
    form = opened(client, at("start", w.persons["T1-B1"][1]))
    with nothing_written():
        said = complaint(send(client, form, form.form("to"), typed, "letter"))
    assert code in said and says in said


def test_the_end_of_a_membership_leads_to_the_transfer(w: World) -> None:
    """S12: the old branch answers for a member until he is received, so 转出 is no end that somebody enters; the letter goes outside too."""
    client, person = visitor("secretary"), w.persons["T1-B1"][1]
    form = opened(client, reverse("roster:end", args=[person]))
    assert "凭介绍信转出" in form.text and (at("start", person), "转出组织关系") in form.links and 'value="transferred"' not in form.html
    with nothing_written():
        assert "E008" in complaint(send(client, form, form.form("ended_as"), {"ended_as": "transferred", "document": "介 12 号"}))


def test_one_transfer_at_a_time_and_an_open_case_asks_for_an_approval(w: World) -> None:
    client, person = visitor("clerk1"), w.persons["T1-B1"][1]
    applying.apply(w.actor("secretary"), applying.Application(person, w.orgs["T2-B1"], TODAY), at=AT)
    form = opened(client, at("start", person))
    with nothing_written():
        assert "E053" in complaint(send(client, form, form.form("to"), {"to": "第1镇第2村党支部", "paid_to": "2026-11"}, "send"))
    from zhibu.areas.transfers import standing

    other = w.persons["T1-B1"][2]
    standing.ask_suspension(w.actor("secretary"), other, ground="settled", since=TODAY, search="取得永久居留", at=AT)
    form = opened(client, at("start", other))
    assert "停止张三11的党籍" in form.text, "warned before"
    with nothing_written():
        assert "E049" in complaint(send(client, form, form.form("to"), {"to": "第2镇第1村党支部", "paid_to": "2026-11"}, "letter"))
    assert send(client, form, form.form("to"), {"to": "第2镇第1村党支部", "paid_to": "2026-11", "approval": "镇党〔2026〕9号"}, "letter").status_code == 302


def test_an_expired_letter_is_not_accepted(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = sent(w, letter=Letter(TODAY, "in_city"))
    monkeypatch.setattr(timezone, "now", lambda: AT + timedelta(days=11))
    client = visitor("clerk2")
    page = opened(client, at("transfer", made))
    assert "介绍信过期" in page.text and not any(words == "接收" for _, words in page.links)
    form = opened(client, at("receive", made))
    with nothing_written():
        assert "E025" in complaint(send(client, form, form.form("to_org")))
    back = opened(client, at("return", made))
    with nothing_written():
        assert "E054" in complaint(send(client, back, back.form("reason"), {"reason": ""}))


@pytest.mark.parametrize(("typed", "code"), [
    ({"valid_until": "2026-11-09"}, "E002"), ({"issued_on": "2026-11-21"}, "E001"), ({"paid_to": ""}, "E008"), ({"letter_no": ""}, "E008"), ({"outside": "某"}, "E054"),
    ({"id_no": world.id_number(3)}, "E044"), ({"joined_on": "昨天"}, ""),
])
def test_what_the_form_of_an_arrival_refuses(typed: dict[str, str], code: str, w: World) -> None:
    from tests.hostile.fillings import ARRIVED

    client = visitor("foreign")
    form = opened(client, at("arrival"))
    with nothing_written():
        assert code in complaint(send(client, form, form.form("letter_no"), {**ARRIVED, **typed}))


# ---------------------------------------------------------------- asked for by the member himself


def test_a_member_asks_and_reads_how_it_stands(w: World) -> None:
    member, secretary, here = visitor("member"), visitor("secretary"), reverse("person:transfer")
    assert here in [url for url, _ in opened(member, reverse("person:me")).links]
    form = opened(member, here)
    with nothing_written():
        assert "E054" in complaint(send(member, form, form.form("target"), {"target": ""}))
    assert send(member, form, form.form("target"), {"target": "第2镇第1村党支部", "reason": "工作调动"}).status_code == 302
    page = opened(member, here)
    assert "等支部办" in page.text and "收回申请" in page.html and 'name="target"' not in page.html
    desk = opened(secretary, reverse("desk"))
    assert "刘四11自己申请转出" in desk.text
    person = w.persons["T1-B1"][3]
    start = opened(secretary, at("start", person))
    assert "本人2026年11月20日申请转到“第2镇第1村党支部”" in start.text
    assert ("to", "第2镇第1村党支部") in start.form("to").fields and ("reason", "工作调动") in start.form("to").fields, "nothing is typed twice"
    assert send(secretary, start, start.form("to"), {"paid_to": "2026-11"}, "send").status_code == 302
    late = send(member, page, page.form("wish"), {}, "withdraw")
    assert late.status_code == 422 and "已经接办" in late.content.decode(), "the page from before says what happened meanwhile"
    page = opened(member, here)
    assert "支部已核" in page.text and "等转出的党委开介绍信" in page.text and 'name="target"' not in page.html
    letters.issue(w.actor("clerk1"), newest(w), Letter(TODAY, "outside"), version=2, at=AT)
    assert "请在2026年12月20日以前到中共青禾县第2镇委员会报到" in opened(member, here).text
    assert "本人申请转出" in member.get(reverse("person:file")).content.decode()


def test_a_member_takes_it_back_and_reads_a_no(w: World) -> None:
    member, secretary, here = visitor("member"), visitor("secretary"), reverse("person:transfer")
    form = opened(member, here)
    assert send(member, form, form.form("target"), {"target": "县城东街社区"}).status_code == 302
    page = opened(member, here)
    assert send(member, page, page.form("wish"), {}, "withdraw").status_code == 302 and "本人已收回" in opened(member, here).text
    made = wish_actions.ask_for(w.actor("member"), target="县城东街社区", at=AT)
    start = opened(secretary, at("start", w.persons["T1-B1"][3]))
    assert ("outside", "县城东街社区") in start.form("to").fields, "a text that names nobody here is a place outside"
    decline, again = opened(secretary, at("decline", made)), opened(secretary, at("decline", made))
    with nothing_written():
        assert "E054" in complaint(send(secretary, decline, decline.form("reason"), {"reason": ""}))
    assert send(secretary, decline, decline.form("reason"), {"reason": "请先写接收党组织的全称"}).status_code == 302
    late = send(secretary, again, again.form("reason"), {"reason": "不同意"})
    assert late.status_code == 422 and "没有同意（secretary，2026年11月20日）" in late.content.decode()
    assert "请先写接收党组织的全称" in opened(member, here).text
    assert visitor("committee").get(at("decline", made)).status_code == 403 and visitor("foreign").get(at("decline", made)).status_code == 404
    assert "没有对应到党员" in opened(visitor("clerk1"), here).text


# ---------------------------------------------------------------- the letter


def test_the_letter_says_what_the_form_says(w: World) -> None:
    """Field by field of mock print-1: three parts, the number on each, what does not apply ringed, capital numerals, the seam lines, no name at the foot."""
    made = sent(w, letter=Letter(TODAY, "outside", number="0037"))
    people_actions.edit(w.actor("clerk1"), w.persons["T1-B1"][1], values={"ethnicity": "汉族"}, version=1, at=AT)
    letter = introduction_letter(queries.letter(Scope((w.paths["T1"],)), made), ("990201196110120020", "15400000002"))
    stub, main, receipt = letter.parts
    assert [p.number for p in letter.parts] == ["0037"] * 3 and [p.label for p in letter.parts] == ["第一联", "第二联", "第三联"]
    assert stub.lines[0].text == "李二11同志系中共（预备、正式）党员，组织关系由中共青禾县第1镇委员会转到中共青禾县第2镇委员会。" and stub.lines[1].text == "2026年11月20日"
    assert main.title == "中国共产党党员组织关系介绍信" and main.lines[0].text == "中共青禾县第2镇委员会："
    assert main.lines[1].text == (
        "李二11同志（男、女），51岁，族，系中共（正式、预备）党员，身份证号码990201196110120020，由第1镇第1村党支部去第2镇第1村党支部，请接转组织关系。"
        f"该同志党费已交到{capitals.year(2026)}年壹拾壹月。"
    )
    assert main.lines[2].text == "（有效期叁拾天）" and [x.text for p in letter.parts for line in p.lines for x in line.pieces if x.ringed] == ["预备", "女", "预备"]
    assert [line.text for line in main.foot] == ["党员联系电话或其他联系方式：15400000002", "党员原所在基层党委通讯地址：", "联系电话： 传真： 邮编："]
    assert receipt.lines[1].text == "李二11同志的党员组织关系已转达我处，特此回复。" and receipt.lines[3].text == "年月日"
    assert "中共" not in "".join(line.text for line in main.lines if line.style in ("seal", "right"))
    before = [x for x, after in itertools.pairwise(main.lines[1].pieces) if after.text.startswith("族")]
    assert [(x.text, x.blank > 0) for x in before] == [("", True)], "the blank of the form is there, for ink"
    word = Document(io.BytesIO(letter_word.write(letter)))
    text = "\n".join(p.text for p in word.paragraphs)
    for part in letter.parts:
        assert part.title in text and all(x.text in text for line in part.lines for x in line.pieces)
    assert text.count("骑 缝 章") == 2 and letter.note in text
    runs = [r for p in word.paragraphs for r in p.runs]
    assert {r.text for r in runs if "w:bdr" in r._r.xml} == {"预备", "女"} and any(r.text.strip() == "叁拾" and r.underline for r in runs)
    assert all("w:eastAsia" in r._r.xml for r in runs) and "汉" not in text


def test_the_page_prints_the_same_three_parts_on_one_sheet(w: World) -> None:
    made, client = sent(w, letter=Letter(TODAY, "outside")), visitor("clerk1")
    preview = client.get(at("letter", made)).content.decode()
    assert 'class="scroll preview"' in preview and preview.count('class="part"') == 3 and '<span class="ring">女</span>' in preview
    printed = client.post(at("letter", made), {"as": "page"}).content.decode()
    assert "preview" not in printed and "叁拾" in printed and world.id_number(2) in printed
    file = client.post(at("letter", made), {"as": "docx"})
    assert file.status_code == 200 and "介绍信0001_李二11" in re.sub(r"%([0-9A-F]{2})", lambda m: m[0], __import__("urllib.parse", fromlist=["unquote"]).unquote(file.headers["Content-Disposition"]))
    assert visitor("clerk2").get(at("letter", made)).status_code == 403 and visitor("secretary").get(at("letter", made)).status_code == 403


def test_hostile_texts_on_a_letter_stay_texts(w: World) -> None:
    client = visitor("clerk1")
    for index, payload in enumerate(list(PAYLOADS)[:2]):
        made = sent(w, None, index=index, outside=f"委员会{payload}"[:100], outside_branch=payload[:100])
        page = client.get(at("letter", made)).content.decode()
        assert "<script>alert" not in page and "onerror=alert(1)>" not in page
        assert client.post(at("letter", made), {"as": "docx"}).status_code == 200


# ---------------------------------------------------------------- members away, the member's page


def test_the_register_and_its_forms(w: World) -> None:
    client, person = visitor("secretary"), w.persons["T1-B1"][1]
    form = opened(client, at("float-out", person))
    with nothing_written():
        assert "E054" in complaint(send(client, form, form.form("place"), {"contact": "王一11"}))
    answer = send(client, form, form.form("place"), {"place": "广东省东莞市", "contact": "王一11", "from_on": "2026-10-01", "until_on": "2026-12-01", "host": "第2镇第1村党支部"})
    record = opened(client, answer.headers["Location"])
    assert "临时外出" in record.text, "shorter than six months is said"
    assert send(client, record, record.form("what"), {"day": "2026-11-18", "text": "电话联系"}).status_code == 302
    guest = opened(visitor("foreign"), record.url)
    assert send(visitor("foreign"), guest, guest.form("what"), {"what": "appraisal", "text": "评议合格"}).status_code == 302
    page = opened(client, record.url)
    assert "评议合格" in page.text and "电话联系" in page.text
    assert "李二11" in opened(client, at("floating")).text and "李二11" in opened(visitor("foreign"), at("floating") + "?tab=in").text
    end = opened(client, at("float-end", int(record.url.rstrip("/").rsplit("/", 1)[1])))
    assert send(client, end, end.form("why")).status_code == 302 and "已返回" in opened(client, at("floating") + "?tab=ended").text


def test_a_certificate_and_coming_back(w: World) -> None:
    client = visitor("secretary")
    form = opened(client, at("certify", w.persons["T1-B1"][1]))
    with nothing_written():
        assert "最长 3 个月" in complaint(send(client, form, form.form("to_on"), {"place": "长沙市", "to_on": "2027-03-01"}))
    assert send(client, form, form.form("to_on"), {"place": "长沙市", "to_on": "2027-02-01"}).status_code == 302
    page = opened(client, at("floating"))
    assert "长沙市" in page.text and send(client, page, page.form("version")).status_code == 302 and "长沙市" not in opened(client, at("floating")).text


def test_the_certificate_is_printed_from_what_was_recorded(w: World) -> None:
    client, person = visitor("secretary"), w.persons["T1-B1"][1]
    made = floating_actions.certify(w.actor("secretary"), person, place="长沙市", reason="照顾老人", from_on=TODAY, to_on=TODAY + timedelta(days=60), at=AT)
    sheet = stay_certificate(certificates.certificate(Scope((w.paths["T1"],)), made))
    stub, main = sheet.parts
    assert stub.lines[0].text == "李二11同志系中共（正式、预备）党员，因照顾老人，于2026年11月20日至2027年1月19日到长沙市，组织关系不转。"
    assert main.lines[0].text == "长沙市党组织：" and main.lines[1].text == (
        "兹证明李二11同志（男、女），系中共（正式、预备）党员，组织关系在第1镇第1村党支部。该同志因照顾老人，于2026年11月20日至2027年1月19日在你处，"
        "组织关系不转，党费仍在原支部交。请安排其参加党的组织生活。"
    )
    assert [x.text for p in sheet.parts for line in p.lines for x in line.pieces if x.ringed] == ["预备", "女", "预备"] and "3 个月" in sheet.note
    register = opened(client, at("floating"))
    page = opened(client, next(url for url, words in register.links if words == "打印证明信"))
    assert page.url == at("certificate", made) and page.html.count('class="part"') == 2 and "兹证明" in page.text
    printed = send(client, page, next(f for f in page.forms if ("as", "page") in f.fields))
    assert printed.status_code == 200 and "preview" not in printed.content.decode() and "照顾老人" in printed.content.decode()
    file = client.post(at("certificate", made), {"as": "docx"})
    text = "\n".join(p.text for p in Document(io.BytesIO(b"".join(file.streaming_content))).paragraphs)  # type: ignore[attr-defined]
    assert all(x.text in text for part in sheet.parts for line in part.lines for x in line.pieces) and text.count("骑 缝 章") == 1 and sheet.note in text
    noted = [e.changes["as"] for e in Entry.objects.within(Scope((w.paths["T1-B1"],))).filter(action="transfers.certificate_paper").order_by("id")]
    assert noted == ["page", "docx"] and world.id_number(2) not in text
    assert visitor("committee").get(at("certificate", made)).status_code == 403 and visitor("foreign").get(at("certificate", made)).status_code == 404
    floating_actions.end_stay(w.actor("secretary"), made, version=1, at=AT)
    assert "已经在2026年11月20日返回" in opened(client, at("certificate", made)).text


def test_suspension_and_restoration_are_handed_in(w: World) -> None:
    client, person = visitor("secretary"), w.persons["T1-B1"][1]
    form = opened(client, at("suspend", person))
    with nothing_written():
        assert "E054" in complaint(send(client, form, form.form("search"), {"since": "2026-03-01"}))
    answer = send(client, form, form.form("search"), {"since": "2026-03-01", "search": "上门三次，问过家人"})
    case = opened(client, answer.headers["Location"])
    assert "停止李二11的党籍" in case.text and "上门三次" in case.text
    form = opened(client, at("restore", person))
    with nothing_written():
        assert "E044" in complaint(send(client, form, form.form("reason"), {"reason": "本人回来了"}))


def test_the_members_page_shows_it_to_the_member_and_to_the_sides(w: World) -> None:
    member = w.persons["T1-B1"][3]
    made = applying.apply(w.actor("secretary"), applying.Application(member, w.orgs["T2-B1"], TODAY), at=AT)
    floating_actions.go(w.actor("secretary"), going(w, index=3), at=AT)
    own = visitor("member").get(reverse("person:file")).content.decode()
    assert "组织关系和流动" in own and "广东省东莞市" in own and "第2镇第1村党支部" in own
    page = reverse("roster:member", args=[member])
    assert "组织关系和流动" in visitor("secretary").get(page).content.decode()
    assert "组织关系和流动" not in visitor("committee").get(page).content.decode(), "no right, no section"
    assert made and PAID
