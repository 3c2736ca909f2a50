// Forms and buttons that call the API, and where its answers are shown.

import { Refusal, call, newKey } from "./api.js";

const keys = new WeakMap();

/** What a form holds, by name; fields left empty are left out. */
export function values(form, submitter) {
  const data = new FormData(form, submitter);
  const filled = [...data].filter(([, value]) => value !== "");
  return { ...JSON.parse(form.dataset.body ?? "{}"), ...Object.fromEntries(filled) };
}

/** Run `act(values)` when `form` is sent, busy meanwhile; a `Refusal` is shown where it belongs. */
export function onSend(form, act) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const submitter = event.submitter ?? form.querySelector("button[type=submit]");
    if (form.ariaBusy === "true" || !complete(form)) return;
    if (!(await confirmed(submitter?.dataset.confirm ? submitter : form))) return;
    form.ariaBusy = "true";
    await busy(submitter, () => act(values(form, submitter))).catch((error) => show(form, error));
    form.ariaBusy = "false";
  });
}

/** Show `button` as busy while `work()` lasts. */
export async function busy(button, work) {
  button?.setAttribute("aria-disabled", "true");
  try {
    return await work();
  } finally {
    button?.removeAttribute("aria-disabled");
  }
}

/** Call the API as `METHOD /path` says; a creation repeated after a lost answer is the same creation. */
export async function send(element, body) {
  const [method, path] = element.dataset.call.split(" ");
  const key = keys.get(element) ?? newKey();
  keys.set(element, key);
  try {
    const answer = await call(method, path, method === "DELETE" ? undefined : (body ?? {}), method === "POST" ? key : null);
    keys.delete(element);
    return answer;
  } catch (error) {
    if (error.status) keys.delete(element);
    throw error;
  }
}

/** Go on to `data-next`, in which `{name}` stands for a field of the answer; or show what `data-reveal` names. */
export function follow(element, answer, sent = {}) {
  const { next, reveal: shown, hide } = element.dataset;
  if (shown) {
    for (const place of document.querySelectorAll("[data-value]")) place.value = sent[place.dataset.value] ?? place.value;
    reveal(document.getElementById(shown), document.getElementById(hide));
  }
  if (next) go(next.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(answer?.[name] ?? "")));
}

/** Go to an address of this origin; the one we are at is loaded anew. */
export function go(address) {
  const asked = new URL(address, location.href);
  const target = asked.origin === location.origin ? asked : new URL("/", location.href);
  const same = target.pathname === location.pathname && target.search === location.search;
  if (same) location.reload();
  else location.assign(target);
}

/** Show `section` instead of `other`, with the focus at its beginning. */
export function reveal(section, other) {
  if (other) other.hidden = true;
  section.hidden = false;
  (section.querySelector("h1, h2, [tabindex]") ?? section).focus();
}

/** Say a refusal next to the field it is about, or above the form. */
export function show(form, error) {
  if (!(error instanceof Refusal)) {
    console.error(error);
    error = new Refusal(0, { code: "failed", message: "Something went wrong in this page. Load it again." }, null);
  }
  if (error.code === "unauthenticated") return go(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  const faults = error.details.errors ?? [];
  const fields = faults.filter((fault) => form.elements?.[fault.field] && place(form, fault.field));
  for (const fault of fields) blame(form.elements[fault.field], fault.message);
  if (fields.length && fields.length === faults.length) form.elements[fields[0].field].focus();
  else complain(form, error);
}

function complain(form, error) {
  const box = form.querySelector("[data-wrong]") ?? document.querySelector("[data-wrong-page]");
  if (!box) return;
  const sentence = document.createElement("p");
  sentence.textContent = error.message;
  box.replaceChildren(sentence);
  if (error.code === "recent_sign_in_required") box.append(again());
  if (error.status >= 500 && error.requestId) box.append(small(`Request ${error.requestId}`));
  box.focus();
}

function again() {
  const link = document.createElement("a");
  link.href = `/login?again=1&next=${encodeURIComponent(location.pathname + location.search)}`;
  link.textContent = "Sign in again";
  return link;
}

function small(text) {
  const line = document.createElement("p");
  line.className = "soft small-print";
  line.textContent = text;
  return line;
}

/** Whether what is required is there; forgets what was wrong before. */
function complete(form) {
  form.querySelector("[data-wrong]")?.replaceChildren();
  const inputs = [...form.elements].filter((element) => element.name && place(form, element.name));
  for (const input of inputs) blame(input, input.validity.valueMissing ? "Please fill this in." : "");
  const missing = inputs.find((input) => input.validity.valueMissing);
  missing?.focus();
  return !missing;
}

function blame(input, sentence) {
  place(input.form, input.name).textContent = sentence;
  if (sentence) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

function place(form, name) {
  return form.querySelector(`#${CSS.escape(form.elements[name].id || name)}-error`);
}

/** Whether the person means it, when `data-confirm` says what would happen. */
export function confirmed(element) {
  const { confirm, confirmLabel } = element.dataset;
  if (!confirm) return Promise.resolve(true);
  const dialog = document.getElementById("confirm");
  dialog.querySelector("h2").textContent = confirm;
  document.getElementById("confirm-yes").textContent = confirmLabel ?? "Yes";
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

function wire() {
  for (const form of document.querySelectorAll("form[data-call]:not([data-own])")) {
    onSend(form, async (sent) => follow(form, await send(form, sent), sent));
  }
  for (const button of document.querySelectorAll("button[data-call]")) {
    button.addEventListener("click", async () => {
      if (button.ariaDisabled === "true" || !(await confirmed(button))) return;
      const act = async () => follow(button, await send(button, JSON.parse(button.dataset.body ?? "{}")));
      await busy(button, act).catch((error) => show(button.closest("[data-about]") ?? document.body, error));
    });
  }
}

wire();
