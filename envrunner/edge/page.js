// The engine's own UI passes with a policy by which only its own scripts run: files of its own origin, and the few that stand in
// its page, by their digests. Each version of the engine has others, so the engine's own page is asked for, and not the caller's.

import crypto from 'crypto';
import gate from 'gate.js';
import ui from 'ui.js';

const ASKED_AT_MOST = 3;

async function passed(r, shared) {
    let target = gate.adminTargetOf(r, shared, ui.judge);
    if (target !== '' && isDocument(r)) {
        r.variables.edge_scripts = await scripts(r);
        // The engine may have been long in answering: what was right before may have ended since.
        target = gate.adminTargetOf(r, shared, ui.judge);
    }
    r.variables.edge_target = target;
}

// What runs is up to a document's policy. Of files nothing is asked where the browser says that they are such.
function isDocument(r) {
    const destination = r.headersIn['Sec-Fetch-Dest'];
    return destination === undefined || destination === 'document';
}

// As they stand in Content-Security-Policy; '' where the engine does not answer: then nothing of its page runs. Nothing is
// remembered: the next engine may be of another version. One that is restarted gently meanwhile has another slot.
async function scripts(r) {
    let slot = '', found = '';
    for (let times = 0; times < ASKED_AT_MOST && slot !== slotOf(r); times += 1) {
        slot = slotOf(r);
        found = await asked(r, slot);
    }
    return slot === slotOf(r) ? found : '';
}

function slotOf(r) {
    const route = ngx.shared.tables.get(r.variables.edge_label);
    return route === undefined ? '' : route.slice(28, 35) + '.a';
}

// nginx lets a request go on when an asynchronous handler fails: it must not fail.
async function asked(r, slot) {
    try {
        r.variables.edge_page = slot;
        const reply = await r.subrequest('/.edge/page', {method: 'GET'});
        return reply.status === 200 ? digests(reply.responseText) : '';
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
