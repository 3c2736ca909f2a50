// The second step of signing in: authenticator app, recovery code or passkey, against one challenge.

import { call } from "./api.js";
import { busy, onSend, reveal, show } from "./forms.js";
import * as passkeys from "./passkeys.js";

const section = document.getElementById("second-step");
const form = document.getElementById("code-form");
const byPasskey = document.getElementById("use-passkey");
const offers = { totp: document.getElementById("use-totp"), recovery_code: document.getElementById("use-recovery") };
const WORDS = {
  totp: "Enter the six digits your authenticator app shows.",
  recovery_code: "Enter one of your recovery codes. Each works once.",
  passkey: "Your browser asks for your passkey.",
};
const state = { challenge: null, methods: [], done: () => {} };

/** Ask for one of `methods`; `done()` when the API is satisfied. */
export function begin(challenge, methods, done) {
  Object.assign(state, { challenge, methods, done });
  byPasskey.hidden = !(methods.includes("passkey") && passkeys.available);
  reveal(section);
  choose(methods.includes("totp") ? "totp" : byPasskey.hidden ? "recovery_code" : "passkey");
}

function choose(method) {
  form.dataset.method = method;
  document.getElementById("code-lead").textContent = WORDS[method];
  const typed = method !== "passkey";
  for (const part of form.querySelectorAll(".field, button[type=submit]")) part.hidden = !typed;
  form.elements.code.inputMode = method === "totp" ? "numeric" : "text";
  form.elements.code.value = "";
  for (const [name, button] of Object.entries(offers)) button.hidden = name === method || !state.methods.includes(name);
  if (typed) form.elements.code.focus();
  else byPasskey.focus();
}

onSend(form, async ({ code }) => {
  const method = form.dataset.method;
  const plain = method === "totp" ? code.replace(/\s/g, "") : code.trim();
  await call("POST", "/auth/second-factor", { challenge: state.challenge, method, code: plain });
  state.done();
});

// Six digits are a whole code: nobody has to look for the button.
form.elements.code.addEventListener("input", () => {
  if (form.dataset.method === "totp" && /^\d{6}$/.test(form.elements.code.value)) form.requestSubmit();
});

byPasskey.addEventListener("click", () => {
  const { challenge } = state;
  const ask = async () => {
    const { publicKey } = await call("POST", "/auth/second-factor/options", { challenge });
    const credential = await passkeys.get(publicKey);
    if (!credential) return;
    await call("POST", "/auth/second-factor", { challenge, method: "passkey", credential });
    state.done();
  };
  busy(byPasskey, ask).catch((error) => show(form, error));
});

for (const [name, button] of Object.entries(offers)) button.addEventListener("click", () => choose(name));
