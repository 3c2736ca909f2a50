// The engine's own UI passes with a policy by which only its own scripts run: files of its own origin, and the few that stand in
// its page, by their digests. Each version of the engine has others, so the engine's own page is asked for, and not the caller's.

import crypto from 'crypto';
import gate from 'gate.js';
import ui from 'ui.js';

const KEPT_MS = 10000;

async function passed(r, shared) {
    if (gate.adminTargetOf(r, shared, ui.judge) !== '') {
        r.variables.edge_scripts = await scripts(r);
        // The engine may have been long in answering: what was right before may have ended since.
        r.variables.edge_target = gate.adminTargetOf(r, shared, ui.judge);
    }
}

// As they stand in Content-Security-Policy; '' where the engine does not answer: then nothing of its page runs.
// nginx lets a request go on when an asynchronous handler fails: it must not fail.
async function scripts(r) {
    const pages = ngx.shared.pages, slot = 's' + ngx.shared.tables.get(r.variables.edge_label).slice(28, 35) + 'a';
    const known = pages.get(slot);
    if (known !== undefined) {
        return known;
    }
    try {
        r.variables.edge_page = slot;
        const reply = await r.subrequest('/.edge/page', {method: 'GET'});
        const found = reply.status === 200 ? digests(reply.responseText) : '';
        if (reply.status === 200) {
            pages.set(slot, found, KEPT_MS);
        }
        return found;
    } catch (e) {
        return '';
    }
}

function digests(html) {
    const inline = /<script(?![^>]*\ssrc=)[^>]*>([^]*?)<\/script>/g;
    let found = '';
    for (let one = inline.exec(html); one !== null; one = inline.exec(html)) {
        found += " 'sha256-" + crypto.createHash('sha256').update(one[1]).digest('base64') + "'";
    }
    return found;
}

function sharedPort(r) { return passed(r, true); }
function ownPort(r) { return passed(r, false); }

export default {sharedPort, ownPort};
