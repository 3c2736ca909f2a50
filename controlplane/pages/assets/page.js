// What every page has: forms, buttons that copy, passwords one may look at.

import "./forms.js";

// Who is quicker than the scripts would send a form the old way, which the policy of these pages refuses.
document.addEventListener("DOMContentLoaded", () => {
  for (const button of document.querySelectorAll("button[type=submit]")) button.disabled = false;
});

function announce(text) {
  document.getElementById("announcer").textContent = text;
}

for (const button of document.querySelectorAll("[data-show]")) {
  const input = document.getElementById(button.dataset.show);
  button.addEventListener("click", () => {
    const visible = input.type === "password";
    input.type = visible ? "text" : "password";
    button.ariaPressed = String(visible);
    button.textContent = visible ? "Hide" : "Show";
    input.focus();
  });
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    const label = button.firstElementChild;
    label.textContent = (await copy(document.getElementById(button.dataset.copy))) ? "Copied" : "Select it";
    announce(label.textContent);
    setTimeout(() => (label.textContent = "Copy"), 2000);
  });
}

async function copy(element) {
  try {
    await navigator.clipboard.writeText(element.textContent);
    return true;
  } catch {
    // No clipboard without TLS: what is selected can be copied by hand.
    getSelection().selectAllChildren(element);
    return document.execCommand("copy");
  }
}
