// Signing in: password, passkey, and the second step.

import "./page.js";
import { call } from "./api.js";
import { busy, go, onSend, reveal, show } from "./forms.js";
import * as passkeys from "./passkeys.js";
import { begin } from "./second_step.js";

const form = document.getElementById("login");
const done = () => go(form.dataset.next);
const inField = new AbortController();

onSend(form, async (sent) => {
  hide("unverified", "again");
  form.querySelector("[data-sso]").hidden = true;
  try {
    await call("POST", "/auth/login", sent);
    done();
  } catch (error) {
    if (error.code === "second_factor_required") return second(error.details);
    if (error.code === "email_not_verified") offerMail(sent.email);
    if (error.code === "sso_required") return offerProvider(error.details);
    throw error;
  }
});

function second(details) {
  inField.abort();
  document.getElementById("first-step").hidden = true;
  begin(details.challenge, details.methods, done);
}

function offerMail(email) {
  const again = document.getElementById("unverified");
  again.elements.email.value = email;
  again.hidden = false;
}

function offerProvider({ provider, startUrl }) {
  const notice = form.querySelector("[data-sso]");
  const address = new URL(startUrl, location.href);
  if (!/^https?:$/.test(address.protocol)) return;
  address.searchParams.set("next", form.dataset.next);
  notice.querySelector("[data-said=provider]").textContent = provider;
  notice.querySelector("[data-link=sso]").href = address;
  notice.hidden = false;
  notice.querySelector("a").focus();
}

function hide(...ids) {
  for (const id of ids) document.getElementById(id).hidden = true;
}

async function withPasskey(options) {
  const { challenge, publicKey } = await call("POST", "/auth/passkeys/login/options", {});
  const credential = await passkeys.get(publicKey, options);
  if (!credential) return;
  await call("POST", "/auth/passkeys/login", { challenge, credential });
  done();
}

const button = document.getElementById("passkey");
if (button && !passkeys.available) button.hidden = true;
else if (button) {
  button.addEventListener("click", () => {
    inField.abort();
    busy(button, () => withPasskey()).catch((error) => show(form, error));
  });
}

const { challenge, methods } = document.getElementById("second-step").dataset;
if (challenge) second({ challenge, methods: methods.split(" ") });
else if (button && (await passkeys.offeredInField())) {
  withPasskey({ mediation: "conditional", signal: inField.signal }).catch((error) => show(form, error));
}

document.getElementById("start-over").addEventListener("click", () => {
  reveal(document.getElementById("first-step"), document.getElementById("second-step"));
  form.elements.email.focus();
});
