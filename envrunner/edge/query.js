// POST /query: passes the gate like everything else, and then its body is read and judged too.

import gate from 'gate.js';
import record from 'record.js';
import sql from 'sql.js';

async function checked(r, shared) {
    if (gate.targetOf(r, false, shared) === '') {
        return;
    }
    const refusal = judge(await r.readRequestText());
    if (refusal === '') {
        // The body may have been long in coming: what was right at its head may have ended since.
        r.variables.edge_target = record.begun(r, gate.targetOf(r, false, shared));
    } else {
        gate.refuse(r, 403, refusal);
    }
}

// nginx lets a request go on when an asynchronous handler fails: it must not fail.
function judge(body) {
    try {
        return sql.refusal(body);
    } catch (e) {
        return sql.DOUBTFUL;
    }
}

function sharedPort(r) { return checked(r, true); }
function ownPort(r) { return checked(r, false); }

export default {sharedPort, ownPort};
