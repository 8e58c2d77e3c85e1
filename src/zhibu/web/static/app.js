// Small comforts for every page; all of them work without this file.
(function () {
  "use strict";
  var doc = document, live = doc.getElementById("live"), key = doc.body.dataset.savedKey;
  function say(text) { if (live) { live.textContent = ""; setTimeout(function () { live.textContent = text; }, 60); } }
  // The server has the record: its draft on this device is no longer needed.
  if (key) {
    try {
      Object.keys(localStorage).forEach(function (name) {
        if (name.indexOf("zhibu:record:") === 0 && (localStorage.getItem(name) || "").indexOf('"key":"' + key + '"') >= 0) { localStorage.removeItem(name); }
      });
    } catch (error) { /* private mode without storage */ }
  }
  doc.querySelectorAll("[data-needs-js]").forEach(function (node) { node.hidden = false; });
  doc.addEventListener("click", function (event) {
    var node = event.target.closest("[data-print],[data-copy]");
    if (!node) { return; }
    if (node.hasAttribute("data-print")) { window.print(); return; }
    var source = doc.getElementById(node.dataset.copy), range = doc.createRange(), chosen = window.getSelection();
    range.selectNodeContents(source); chosen.removeAllRanges(); chosen.addRange(range);
    var done = doc.execCommand("copy");
    say(done ? "已复制，可以粘贴到群里" : "没能复制，请长按文字自己复制");
    node.textContent = done ? "已复制" : "请长按文字复制";
  });
  // Fold-outs print open.
  window.addEventListener("beforeprint", function () { doc.querySelectorAll("details").forEach(function (node) { node.open = true; }); });
  // A chosen value of a lone select or date sends its form.
  doc.addEventListener("change", function (event) {
    if (event.target.hasAttribute("data-send")) { event.target.form.submit(); }
  });
  // One press, one post: the server refuses the second as well (key), this only keeps the page quiet.
  doc.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method !== "post" || event.defaultPrevented) { return; }
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    setTimeout(function () { delete form.dataset.sent; }, 4000);
  });
  window.addEventListener("pageshow", function () { doc.querySelectorAll("form[data-sent]").forEach(function (form) { delete form.dataset.sent; }); });
  // After htmx put in a new panel: read its title out and move there; after it took one away, go back to the link that opened it.
  var opener = "";
  doc.addEventListener("htmx:beforeRequest", function (event) {
    if (!event.target.closest("[data-panel-close]")) { opener = event.target.getAttribute("href") || ""; }
  });
  doc.addEventListener("htmx:afterSettle", function () {
    var heads = doc.querySelectorAll("[data-panel-title]"), head = heads[heads.length - 1];
    if (!head) {
      doc.querySelectorAll("#panel-area a[href]").forEach(function (link) { if (link.getAttribute("href") === opener) { link.focus(); } });
      say("已关上");
      return;
    }
    say(head.textContent);
    head.focus({ preventScroll: true });
    if (head.getBoundingClientRect().top > window.innerHeight * 0.8) { head.scrollIntoView({ block: "start" }); }
  });
  var wrong = doc.querySelector(".errs");
  if (wrong) { wrong.focus(); }
})();
