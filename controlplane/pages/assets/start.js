// The steps of an environment that starts, as they happen.

import "./page.js";
import { announce } from "./page.js";
import { Refusal, call } from "./api.js";
import { show } from "./forms.js";

const PAUSE_MILLISECONDS = 400;
const list = document.getElementById("live");
const OVER = { SUCCEEDED: "ready", FAILED: "failed", CANCELLED: "cancelled" };

async function look() {
  const operation = await call("GET", `/operations/${list.dataset.operation}`);
  for (const step of operation.steps) mark(step);
  if (!(operation.status in OVER)) return setTimeout(watch, PAUSE_MILLISECONDS);
  announce(`The environment is ${OVER[operation.status]}.`);
  // Replaced, not added: going back must not lead to a wait for what is done.
  if (operation.status === "SUCCEEDED") location.replace(list.dataset.next);
  else throw new Refusal(409, { code: "failed", message: operation.error }, null);
}

function mark({ name, status }) {
  const line = list.querySelector(`[data-step="${CSS.escape(name)}"]`);
  if (!line || line.dataset.status === status) return;
  line.dataset.status = status;
  line.querySelector(".step-status").textContent = status.toLowerCase();
}

function watch() {
  look().catch((error) => {
    show(list.parentElement, error);
    if (error.status === 0 || error.status >= 500) setTimeout(watch, 5 * PAUSE_MILLISECONDS);
  });
}

watch();
