// 开会记录: tap-to-cycle roll-call, counters, vote sums, and a draft kept on this device until the server has the record.
// The form is complete without this file; the server decides everything again.
(function () {
  "use strict";
  var form = document.getElementById("record");
  if (!form) { return; }
  var WORDS = { present: "到", leave: "请假", absent: "缺席" }, NEXT = { present: "leave", leave: "absent", absent: "present" };
  var STORE = "zhibu:record:" + form.dataset.draft, KEEP = 14 * 864e5, dirty = false, timer = 0;
  var status = form.querySelector("[data-status]"), key = form.elements.key, topics = form.querySelector("[data-topics]");
  var blank = document.getElementById("topic-blank").innerHTML, count = topics.children.length;

  function all(selector, root) { return Array.prototype.slice.call((root || form).querySelectorAll(selector)); }
  function one(selector, root) { return (root || form).querySelector(selector); }
  function put(name, text) { all('[data-n="' + name + '"]').forEach(function (node) { node.textContent = text; }); }
  function chosen() { return all("input[name=kind]:checked"); }
  function rule(box) { return box && box.dataset.quorum ? JSON.parse(box.dataset.quorum) : null; }
  function enough(part, op, whole) { return op === ">" ? part > whole : part >= whole; }

  // ---- roll-call
  function mark(who) { return one("input:checked", who).value; }
  function paint(who) {
    var button = one("button", who), now = mark(who), word = WORDS[now];
    who.className = "who " + now;
    button.firstChild.textContent = who.dataset.name;
    one("em", button).textContent = now === "present" ? "" : word;
    button.setAttribute("aria-label", who.dataset.name + "，" + word + "，点一下换成" + WORDS[NEXT[now]]);
  }
  all(".who").forEach(function (who) {
    var button = document.createElement("button"), name = document.createElement("span"), tag = one("b i", who);
    button.type = "button";
    button.append(name);
    if (tag) { button.append(tag.cloneNode(true)); }
    button.append(document.createElement("em"));
    button.addEventListener("click", function () {
      one('input[value="' + NEXT[mark(who)] + '"]', who).checked = true;
      paint(who); touch();
    });
    who.append(button);
  });
  one(".ppl").classList.add("tap");

  function expected() {
    var kinds = chosen().map(function (box) { return box.dataset.who; });
    var groups = all("input[name=group]:checked").map(function (box) { return box.value; });
    var everyone = !kinds.length || kinds.indexOf("all") >= 0;
    return all(".who").filter(function (who) {
      var mine = (who.dataset.groups || "").split(" ");
      var here = everyone || (kinds.indexOf("committee") >= 0 && who.dataset.committee) ||
        (kinds.indexOf("group") >= 0 && groups.some(function (group) { return mine.indexOf(group) >= 0; }));
      who.hidden = !here;
      all("input", who).forEach(function (input) { input.disabled = !here; });
      return here;
    });
  }
  function electors(people, quorum) {
    return people.filter(function (who) { return quorum && quorum.who === "committee" ? who.dataset.committee : who.dataset.vote; });
  }
  function present(people) { return people.filter(function (who) { return mark(who) === "present"; }).length; }

  // ---- topics and votes
  function addTopic(box) {
    var shell = document.createElement("div");
    shell.innerHTML = blank.replace(/__n__/g, String(count++));
    var block = shell.firstElementChild;
    if (box) { own(block, box.value, box.dataset.label, box.dataset.votes, box.dataset.lecture); }
    topics.append(block);
    return block;
  }
  function own(block, kind, label, votes, lecture) {
    block.dataset.kind = kind;
    one("[name$='-kind']", block).value = kind;
    one("[data-kind-label]", block).textContent = label || "议题";
    one("[name$='-vote']", block).checked = !!votes;
    one("[data-lecture]", block).hidden = !lecture;
  }
  function said(block) { return all("[name$='-title'],[name$='-text'],[name$='-decision']", block).some(function (field) { return field.value.trim(); }); }
  // A theme day held together with other meetings has their topics for its theme; alone it has a block of its own.
  function wants(box) { return box.checked && (box.value !== "theme_day" || chosen().length === 1); }
  function followKinds() {
    all("input[name=kind]").forEach(function (box) {
      var block = one('.topic[data-kind="' + box.value + '"]', topics), wanted = wants(box);
      if (wanted && !block) { addTopic(box); }
      if (!wanted && block && (!box.checked || !said(block))) { if (said(block)) { own(block, "", "议题", false, false); } else { block.remove(); } }
    });
  }
  function votes(block, people, kinds) {
    var on = one("[name$='-vote']", block).checked, line = one(".sum", block), result = one("[data-result]", block);
    all("[data-vote-field]", block).forEach(function (label) { label.hidden = !on; });
    line.hidden = result.hidden = !on;
    if (!on) { return; }
    var box = kinds.filter(function (kind) { return kind.value === block.dataset.kind && kind.dataset.quorum; })[0] ||
      kinds.filter(function (kind) { return kind.dataset.quorum; })[0];
    var quorum = rule(box), base = electors(people, quorum), here = present(base);
    var ayes = one("[name$='-for']", block), nays = one("[name$='-against']", block), none = one("[name$='-abstain']", block);
    if (!nays.value) { nays.value = "0"; }
    if (!none.value) { none.value = "0"; }
    if (!ayes.dataset.own) { ayes.value = String(Math.max(0, here - Number(nays.value) - Number(none.value))); }
    var sum = Number(ayes.value) + Number(nays.value) + Number(none.value), right = sum === here;
    line.className = right ? "sum" : "sum bad";
    line.textContent = right ? "三项相加 " + sum + "，与有表决权的到会 " + here + " 人相符。" : "三项相加 " + sum + "，有表决权的到会 " + here + " 人，差 " + Math.abs(here - sum) + "，请核对。";
    var able = !quorum || enough(here * quorum.attend_den, quorum.attend_op, base.length * quorum.attend_num);
    var passed = !quorum || enough(Number(ayes.value) * quorum.ayes_den, quorum.ayes_op, (quorum.ayes_base === "present" ? here : base.length) * quorum.ayes_num);
    result.className = "st " + (!able || !right ? "bad" : passed ? "ok" : "warn");
    result.textContent = !able ? "到会不够" : !right ? "票数不符" : passed ? "通过" : "未通过";
  }

  // ---- everything that follows from what is ticked
  function refresh() {
    var kinds = chosen(), codes = kinds.map(function (box) { return box.value; });
    var groups = one("[data-group-choice]");
    if (groups) { groups.hidden = !kinds.some(function (box) { return box.dataset.who === "group"; }); }
    var theme = one("[data-theme-choice]");
    if (theme) { theme.hidden = codes.indexOf("theme_day") < 0; }
    var people = expected(), here = present(people);
    var leave = people.filter(function (who) { return mark(who) === "leave"; }).length, absent = people.length - here - leave;
    put("expected", people.length); put("present", here); put("leave", leave); put("absent", absent);
    var lines = one("[data-quorum-lines]");
    lines.textContent = "";
    kinds.forEach(function (box) {
      var quorum = rule(box);
      if (!quorum) { return; }
      var base = electors(people, quorum), came = present(base), need = Math.floor(base.length * quorum.attend_num / quorum.attend_den);
      if (quorum.attend_op === ">" || need * quorum.attend_den < base.length * quorum.attend_num) { need += 1; }
      var line = document.createElement("p"), able = came >= need && base.length > 0;
      line.className = "callout " + (able ? "ok" : "bad");
      line.textContent = quorum.who_label + " " + base.length + " 人，到会 " + came + " 人：" + (able ? "够 " + need + " 人，可以表决。" : "不够 " + need + " 人，" + box.dataset.label + "不能表决，只能先存草稿。");
      lines.append(line);
    });
    all(".topic", topics).forEach(function (block) { votes(block, people, kinds); });
    all(".paper").forEach(function (line) {
      var asked = line.dataset.kinds.split(" ").some(function (kind) { return codes.indexOf(kind) >= 0; }), shown = one("[name=r-shown]", line);
      line.hidden = !asked;
      if (shown) { shown.disabled = !asked; }
      var answer = one("input[type=radio]:checked", line), place = one("[name$='-place']", line), word = one("[data-answer]", line);
      if (answer && word) {
        word.textContent = answer.value === "paper" ? "纸质件存" + (place.value || "（请写存放地点）") : answer.value === "none" ? "无" : answer.value === "later" ? "以后补（先算材料不全）" : "上传文件";
      }
    });
    var papers = one("[data-papers]");
    if (papers) { papers.hidden = !all(".paper").some(function (line) { return !line.hidden; }); }
    put("ledger", kinds.length ? "年度台账记 " + kinds.length + " 项：" + kinds.map(function (box) { return box.dataset.label; }).join("、") : "先选开的什么会");
    put("attendance", "考勤 " + people.length + " 人：实到 " + here + "，请假 " + leave + "，缺席 " + absent);
    put("makeup", leave ? "请假 " + leave + " 人列入补课名单" : "没有人请假，补课名单不变");
  }

  // ---- the draft on this device
  function tell(tone, text) { status.className = "st " + tone; status.textContent = text; }
  function clock(at) { var d = new Date(at); return d.getHours() + ":" + ("0" + d.getMinutes()).slice(-2); }
  function keep() {
    clearTimeout(timer);
    if (!dirty) { return; }
    var fields = [], own = [];
    Array.prototype.forEach.call(form.elements, function (field) {
      if (!field.name || field.type === "file" || field.type === "submit" || field === key || field.name === "csrfmiddlewaretoken" || field.name === "r-shown") { return; }
      if ((field.type === "checkbox" || field.type === "radio") && !field.checked) { return; }
      fields.push([field.name, field.value]);
      if (field.dataset.own) { own.push(field.name); }
    });
    try {
      localStorage.setItem(STORE, JSON.stringify({ key: key.value, at: Date.now(), fields: fields, own: own }));
      if (navigator.onLine) { tell("ok", "已存在本机 " + clock(Date.now())); } else { offline(); }
    } catch (error) { tell("warn", "这台机器存不下草稿，请尽快保存"); }
  }
  function touch() { dirty = true; refresh(); clearTimeout(timer); timer = setTimeout(keep, 250); }
  function offline() { tell("warn", "没有网络。已存在本机，联网后再点保存"); }
  function read() {
    try {
      var draft = JSON.parse(localStorage.getItem(STORE) || "null");
      if (draft && Date.now() - draft.at > KEEP) { localStorage.removeItem(STORE); draft = null; }
      return draft;
    } catch (error) { return null; }
  }
  function restore(draft) {
    var values = {}, n = 0;
    draft.fields.forEach(function (pair) { (values[pair[0]] = values[pair[0]] || []).push(pair[1]); });
    key.value = draft.key;
    topics.textContent = "";
    Object.keys(values).forEach(function (name) { var found = /^t-(\d+)-kind$/.exec(name); if (found) { n = Math.max(n, Number(found[1]) + 1); } });
    count = 0;
    while (count < n) {
      var kind = values["t-" + count + "-kind"];
      if (!kind) { count += 1; continue; }
      addTopic(one('input[name=kind][value="' + (kind[0] || "-") + '"]'));
    }
    Array.prototype.forEach.call(form.elements, function (field) {
      var value = values[field.name];
      if (!field.name || field.type === "file" || field.name === "r-shown" || field.name === "csrfmiddlewaretoken" || field === key) { return; }
      if (field.type === "checkbox") { field.checked = !!value && value.indexOf(field.value) >= 0; }
      else if (field.type === "radio") { if (value) { field.checked = value[0] === field.value; } }
      else if (value && field.type !== "submit" && field.type !== "button") { field.value = value[0]; }
      if (draft.own.indexOf(field.name) >= 0) { field.dataset.own = "1"; }
    });
    dirty = true;
    var note = document.getElementById("restored");
    note.hidden = false;
    one("[data-when]", note).textContent = new Date(draft.at).toLocaleDateString("zh-CN", { month: "long", day: "numeric" }) + " " + clock(draft.at);
  }

  // ---- events
  form.addEventListener("input", function (event) {
    if (/-for$/.test(event.target.name)) { event.target.dataset.own = "1"; }
    touch();
  });
  form.addEventListener("change", function (event) {
    if (event.target.name === "kind") {
      followKinds();
      if (event.target.value === "lecture" && event.target.checked && one("input[name=content][value=lecture]")) { one("input[name=content][value=lecture]").checked = true; }
    }
    if (event.target.type === "file" && event.target.files.length) {
      var upload = one('input[type=radio][value="upload"]', event.target.closest(".paper") || document.createElement("i"));
      if (upload) { upload.checked = true; }
    }
    if (event.target.closest(".who")) { paint(event.target.closest(".who")); }
    touch();
  });
  form.addEventListener("click", function (event) {
    var button = event.target.closest("[data-add-topic],[data-drop-topic]");
    if (!button) { return; }
    event.preventDefault();
    if (button.hasAttribute("data-add-topic")) {
      one("[name$='-title']", addTopic(null)).focus();
    } else {
      button.closest(".topic").remove();
      one("[data-add-topic]").focus();
    }
    touch();
  });
  form.addEventListener("keydown", function (event) {
    if (event.key === "Enter" && event.target.tagName === "INPUT" && event.target.type !== "submit") { event.preventDefault(); }
  });
  form.addEventListener("submit", function (event) {
    dirty = true;
    keep();
    if (!navigator.onLine) { event.preventDefault(); offline(); status.focus(); }
  }, true);
  window.addEventListener("offline", function () { if (dirty) { keep(); } offline(); });
  window.addEventListener("online", function () { tell("ok", "已联网，可以保存了"); });
  window.addEventListener("pagehide", keep);
  document.addEventListener("visibilitychange", function () { if (document.visibilityState === "hidden") { keep(); } });
  document.getElementById("restored").addEventListener("click", function (event) {
    if (event.target.closest("button")) { localStorage.removeItem(STORE); dirty = false; window.location.reload(); }
  });

  var draft = form.dataset.restore ? read() : null;
  if (draft && form.dataset.restore === "same" && draft.key !== key.value) { draft = null; }
  if (draft) { restore(draft); }
  all(".who").forEach(paint);
  refresh();
  if (!navigator.onLine) { offline(); } else if (draft) { tell("ok", "接着上次的写，保存后台账才会更新"); }
})();
