// The code a program shows, typed in: it is looked up, nothing is approved by coming here.

import "./page.js";
import { go, onSend } from "./forms.js";

const form = document.getElementById("code-form");
if (form) onSend(form, async (sent) => go(`/device?user_code=${encodeURIComponent(sent.user_code.trim().toUpperCase())}`));
