// Notes calls that change an engine: a line before the call goes on, a line when it has ended. The edge agent
// (recording.py) takes both to the control plane, where they become one audit event.
//
// Only the admin port's places import this: njs runs a module's top level again for every request, and calls on the
// ingress shall not pay for it. What cannot be noted does not happen: without room in the spool a change is refused.

import fs from 'fs';
import gate from 'gate.js';
import limits from 'limits.js';
import rules from 'rules.js';
import ui from 'ui.js';

const FULL = 'Changes of engines are recorded, and there is no room for more records until the control plane has taken '
    + 'those that wait. Nothing was changed; please try again later.';

// Returns `target` when the call may go on; '' when it has been answered.
function begun(r, target) {
    const path = gate.pathOf(r);
    if (target === '' || r.variables.edge_recorded === '1' || !rules.recorded(r.method, path)) {
        return target;
    }
    try {
        if (sizeOf(spoolOf(r)) >= Number(r.variables.edge_spool_bytes)) {
            throw new Error('full');
        }
        write(r, note(r, path));
    } catch (e) {
        return gate.refuse(r, 503, FULL);
    }
    r.variables.edge_recorded = '1';
    return target;
}

// Called when nginx writes its log, once for each request and last of all; it logs nothing itself.
function ended(r) {
    if (isLate(r)) {
        const who = caller(r);
        limits.note(r.variables.edge_label, 'query_seconds', who.credential || who.actor);
    }
    if (r.variables.edge_recorded === '1') {
        try {
            write(r, {id: r.variables.request_id, status: Number(r.variables.status)});
        } catch (e) {
            r.error('the end of a recorded call was not noted');
        }
    }
    return '0';
}

// Whether the guard has ended a query for the environment's own time: one whose answer had begun broke off, and nothing tells that
// but the time. A query that ends by itself within the last moment, by two processes' clocks, is taken for one.
function isLate(r) {
    const words = (r.variables.edge_guard || '').split(' ');
    return words.length === 6 && (r.variables.status === '504'
        || Number((r.variables.upstream_response_time || '0').split(/[,:] */).pop()) > Number(words[5]) - 0.02);
}

function note(r, path) {
    const mode = /[?&]mode=([a-z-]{1,32})(&|$)/i.exec(r.variables.request_uri);
    return Object.assign(caller(r), {
        id: r.variables.request_id,
        at: Date.now(),
        worker: process.pid,
        environmentId: 'env_' + r.variables.edge_label,
        address: r.variables.remote_addr,
        userAgent: printable(r.headersIn['User-Agent'] || '', 200),
        method: r.method,
        path: printable(path, 400),
        mode: mode === null ? null : mode[1],
    });
}

// The columns are those of gate.js, which has let the call pass.
function caller(r) {
    const tables = ngx.shared.tables, header = r.variables.http_authorization;
    const digest = header === undefined ? r.variables.edge_guard.split(' ')[0] : gate.digestOf(tables, header);
    const principal = tables.get(digest);
    if (principal[0] === 'b') {
        return {kind: 'user', actor: principal.slice(38).split('/')[0], digest: digest.slice(1)};
    }
    if (principal[0] === 'u') {
        return {kind: 'user', actor: principal.slice(11), digest: digest};
    }
    if (principal[0] === 'w') {
        const words = principal.slice(39).split('/');
        return {kind: 'workload', actor: words[0], credential: words[1]};
    }
    return {kind: 'api_key', actor: /^[\w-]+/.exec(principal.slice(38))[0]};
}

// One write, so that lines of several workers never mix; a file for each environment, so that none takes others' room.
// The end of a call has room however full the file is: there is one for each beginning.
function write(r, line) {
    // What a full disk left of a line before is ended first.
    fs.appendFileSync(spoolOf(r), '\n' + JSON.stringify(line) + '\n', {mode: 0o600});
}

function spoolOf(r) {
    return r.variables.edge_spool + '/' + r.variables.edge_label;
}

function sizeOf(spool) {
    try {
        return fs.statSync(spool).size;
    } catch (e) {
        return 0;
    }
}

function printable(text, most) {
    return text.slice(0, most).replace(/[^\x20-\x7e]/g, '?');
}

function sharedAdmin(r) { passed(r, true); }
function ownAdmin(r) { passed(r, false); }

function passed(r, shared) {
    r.variables.edge_target = begun(r, gate.adminTargetOf(r, shared, ui.judge));
}

export default {begun, ended, sharedAdmin, ownAdmin};
