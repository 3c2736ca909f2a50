// After the mail one goes on to where one was going before it, if it is the same browser.

import "./page.js";
import { take } from "./kept.js";

const form = document.querySelector("form[data-next]");
const kept = take();
if (form && kept) form.dataset.next = kept;
