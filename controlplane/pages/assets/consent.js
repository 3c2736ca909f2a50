// The decision on a program's request, and back to the program.

import "./page.js";
import { call } from "./api.js";
import { onSend, reveal } from "./forms.js";

const form = document.getElementById("consent");

onSend(form, async (sent) => {
  const { redirectTo } = await call("POST", "/auth/authorize/decision", sent);
  if (!/^https?:$/.test(new URL(redirectTo).protocol)) throw new Error("not an address to go to");
  reveal(document.getElementById("left"), form);
  location.assign(redirectTo);
});
