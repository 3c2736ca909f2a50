// After the mail one goes on to where one was going before it, if it is the same browser.

import "./page.js";
import { follow, onSend, send } from "./forms.js";
import { take } from "./kept.js";

const form = document.querySelector("form[data-next]");
const kept = take();
if (form && kept) form.dataset.next = kept;

if (form) {
  onSend(form, async (sent) => {
    const answer = await send(form, sent);
    // Several have signed up with this address: whoever has the mailbox says what the password is.
    if (!answer.user.hasPassword) form.dataset.next = "/account/security";
    follow(form, answer);
  });
}
