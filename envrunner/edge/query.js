// POST /query: passes the gate like everything else, and then its body is read and judged too.

import gate from 'gate.js';
import record from 'record.js';
import sql from 'sql.js';
import ui from 'ui.js';

async function checked(r, shared) {
    if (gate.targetOf(r, false, shared, ui.judge) === '') {
        return;
    }
    const refusal = judge(await r.readRequestText());
    if (refusal === '') {
        // The body may have been long in coming: what was right at its head may have ended since.
        r.variables.edge_target = record.begun(r, timed(r, gate.targetOf(r, false, shared, ui.judge)));
    } else {
        gate.refuse(r, 403, refusal);
    }
}

// The guard ends a query when it has taken as long as its environment allows: nginx knows no time for a whole answer.
function timed(r, target) {
    const seconds = target === '' ? 0 : Number(ngx.shared.tables.get(r.variables.edge_label).slice(41, 45));
    if (seconds === 0) {
        return target;
    }
    if (target === 'guard') {
        r.variables.edge_guard += ' ' + seconds;
    } else {
        const digest = gate.digestOf(ngx.shared.tables, r.variables.http_authorization);
        r.variables.edge_guard = [digest, '-', '-', ngx.shared.tables.get(digest).slice(28, 38), target, seconds].join(' ');
    }
    return 'guard';
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
