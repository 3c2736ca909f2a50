// Calls that would give an engine an address: they pass the gate like everything else, and then the control plane is
// asked, which knows what this environment may reach. Without its word they do not go on.

import gate from 'gate.js';
import record from 'record.js';
import rules from 'rules.js';
import ui from 'ui.js';

const UNREADABLE = 'The body must be one JSON object in UTF-8.';
const UNJUDGED = 'The control plane does not answer, so nobody can say whether this address may be reached; please try again.';

async function judged(r, shared) {
    let target = gate.targetOf(r, false, shared, ui.judge);
    if (target === '') {
        return;
    }
    const route = rules.asked(r.method, gate.pathOf(r));
    if (route !== '') {
        const refusal = await refusalOf(r, route);
        if (refusal !== null) {
            gate.refuse(r, refusal.status, refusal.message);
            return;
        }
        // The body may have been long in coming: what was right at its head may have ended since.
        target = gate.targetOf(r, false, shared, ui.judge);
    }
    r.variables.edge_target = record.begun(r, target);
}

// nginx lets a request go on when an asynchronous handler fails: it must not fail.
async function refusalOf(r, route) {
    let body = '';
    try {
        body = await r.readRequestText() || '';
    } catch (e) {
        return {status: 422, message: UNREADABLE};
    }
    try {
        const question = {environmentId: 'env_' + r.variables.edge_label, route: route, body: body};
        const reply = await r.subrequest('/.edge/admission', {method: 'POST', body: JSON.stringify(question)});
        const verdict = reply.status === 200 ? JSON.parse(reply.responseText) : {};
        if (verdict.admitted === true) {
            return null;
        }
        // Not 403: this caller may do this, but not with this body.
        return verdict.admitted === false ? {status: 422, message: String(verdict.message)} : {status: 503, message: UNJUDGED};
    } catch (e) {
        return {status: 503, message: UNJUDGED};
    }
}

function sharedPort(r) { return judged(r, true); }
function ownPort(r) { return judged(r, false); }

export default {sharedPort, ownPort};
