// Factors: what has more than one step.

import "./page.js";
import { call } from "./api.js";
import { busy, confirmed, go, onSend, reveal, show } from "./forms.js";
import * as passkeys from "./passkeys.js";

const at = (id) => document.getElementById(id);

function onClick(button, work) {
  button?.addEventListener("click", async () => {
    if (button.ariaDisabled === "true" || !(await confirmed(button))) return;
    busy(button, work).catch((error) => show(button.closest("[data-about]"), error));
  });
}

function showCodes(codes) {
  at("codes").textContent = codes.join("\n");
  reveal(at("codes-shown"), at("settings"));
}

onClick(at("totp-begin"), async () => {
  const { secret, qrSvg } = await call("POST", "/auth/totp", {});
  at("totp-qr").src = qrSvg.startsWith("data:image/svg+xml") ? qrSvg : `data:image/svg+xml,${encodeURIComponent(qrSvg)}`;
  at("totp-secret").textContent = secret;
  at("totp-begin").hidden = true;
  reveal(at("totp-setup"));
  at("totp-confirm").elements.code.focus();
});

onSend(at("totp-confirm"), async ({ code }) => {
  const { recoveryCodes } = await call("POST", "/auth/totp/confirm", { code: code.replace(/\s/g, "") });
  if (recoveryCodes?.length) showCodes(recoveryCodes);
  else go("/account/security?done=totp_added");
});

onClick(at("codes-begin"), async () => showCodes((await call("POST", "/auth/recovery-codes", {})).recoveryCodes));

const begin = at("passkey-begin");
if (begin && !passkeys.available) begin.hidden = true;

onClick(begin, async () => {
  begin.hidden = true;
  at("passkey-form").hidden = false;
  at("passkey-name").focus();
});

onSend(at("passkey-form"), async ({ name }) => {
  const { publicKey } = await call("POST", "/auth/passkeys/options", {});
  const credential = await passkeys.create(publicKey);
  if (!credential) return;
  const { recoveryCodes } = await call("POST", "/auth/passkeys", { name, credential });
  if (recoveryCodes?.length) showCodes(recoveryCodes);
  else go("/account/security?done=passkey_added");
});
