// The first API key, put into the lines to copy.

import "./page.js";
import { onSend, reveal, send } from "./forms.js";

const form = document.getElementById("key");

if (form) {
  onSend(form, async (body) => {
    const { secret } = await send(form, body);
    document.getElementById("secret").textContent = secret;
    for (const id of ["curl", "cli"]) {
      const lines = document.getElementById(id);
      lines.textContent = lines.textContent.replaceAll("$RESTATE_AUTH_TOKEN", secret);
    }
    reveal(document.getElementById("key-shown"), form);
  });
}
