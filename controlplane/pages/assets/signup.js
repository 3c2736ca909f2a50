// Signing up: at once, or with a mail to confirm the address.

import "./page.js";
import { call } from "./api.js";
import { go, onSend, reveal } from "./forms.js";
import { keep } from "./kept.js";

const form = document.getElementById("signup");

onSend(form, async (sent) => {
  const answer = await call("POST", "/auth/signup", sent);
  if (answer.status !== "verification_sent") return go(form.dataset.next);
  keep(form.dataset.next);
  for (const place of document.querySelectorAll("[data-said=email]")) place.textContent = answer.email;
  for (const place of document.querySelectorAll("[data-value=email]")) place.value = answer.email;
  reveal(document.getElementById("sent"), document.getElementById("ask"));
});
