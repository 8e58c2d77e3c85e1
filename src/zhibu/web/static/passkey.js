// Passkeys: hands the server's question to the browser and sends back what it signed. Without this file a code does the same.
(function () {
  "use strict";
  var form = document.querySelector("form[data-passkey]"), button = form && form.querySelector("[data-use-passkey]");
  var told = form && form.querySelector("[data-passkey-told]");
  if (!button) { return; }
  function bytes(text) {
    var plain = atob(text.replace(/-/g, "+").replace(/_/g, "/")), found = new Uint8Array(plain.length), i;
    for (i = 0; i < plain.length; i += 1) { found[i] = plain.charCodeAt(i); }
    return found;
  }
  function text(buffer) {
    var found = new Uint8Array(buffer), plain = "", i;
    for (i = 0; i < found.length; i += 1) { plain += String.fromCharCode(found[i]); }
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }
  function listed(keys) { return (keys || []).map(function (key) { return Object.assign({}, key, { id: bytes(key.id) }); }); }
  function question() {
    var asked = JSON.parse(form.dataset.question).publicKey;
    asked.challenge = bytes(asked.challenge);
    if (asked.user) { asked.user.id = bytes(asked.user.id); }
    if (asked.excludeCredentials) { asked.excludeCredentials = listed(asked.excludeCredentials); }
    if (asked.allowCredentials) { asked.allowCredentials = listed(asked.allowCredentials); }
    return { publicKey: asked };
  }
  function send(key) {
    var made = key.response, parts = { clientDataJSON: text(made.clientDataJSON) };
    if (made.attestationObject) { parts.attestationObject = text(made.attestationObject); }
    if (made.authenticatorData) { parts.authenticatorData = text(made.authenticatorData); parts.signature = text(made.signature); }
    form.elements.answer.value = JSON.stringify({ id: key.id, rawId: text(key.rawId), type: key.type, response: parts, clientExtensionResults: {} });
    form.submit();
  }
  button.addEventListener("click", function () {
    var asking;
    told.hidden = true;
    try { asking = form.dataset.passkey === "create" ? navigator.credentials.create(question()) : navigator.credentials.get(question()); }
    catch (error) { told.hidden = false; return; }
    asking.then(send, function () { told.hidden = false; });
  });
  form.querySelector("[data-passkey-offer]").hidden = false; // not before a press is heard: this file may come late
})();
