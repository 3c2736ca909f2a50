// What the edge did with an environment's requests, as lines for its log (docs/logs.md): every refusal and failure of its own.
//
// Whoever reads the log is a member of the account; what a caller writes here may be a stranger's. So: printable ASCII of bounded
// length, no query string, no credential, and a bounded number of lines in a file of the environment's own, which
// envrunner/shipping takes to the control plane. The form is that of an engine's lines.

import fs from 'fs';
import gate from 'gate.js';

const MOST_BYTES = 512 * 1024;
// Lines in a second. Strangers have their own, so that no flood of theirs hides what becomes of the environment's own callers.
const MOST_OF_CALLERS = 20, MOST_OF_STRANGERS = 10;

// Called when nginx writes its log, once for each request and last of all; it logs nothing itself.
function told(r) {
    try {
        const variables = r.variables, reason = variables.edge_reason || guardsReason(variables);
        if (reason !== '') {
            tell(r, reason);
        }
    } catch (e) {
        r.error('a line for an environment\'s log was not written');
    }
    return '0';
}

function tell(r, reason) {
    const variables = r.variables, lines = ngx.shared.lines, label = labelOf(variables);
    if (label === '') {
        return;
    }
    const who = caller(variables, label), spool = variables.edge_lines + '/' + label + '.log';
    const most = who.name === undefined ? MOST_OF_STRANGERS : MOST_OF_CALLERS;
    const second = Math.floor(Date.now() / 1000) % 4;
    if (ngx.shared.rates.incr(label + (who.name === undefined ? '?' : '!') + second, 1, 0) > most || sizeOf(spool) > MOST_BYTES) {
        lines.incr(label, 1, 0);
        return;
    }
    const left = leftOut(lines, label);
    const remark = left === 0 ? '' : rendered('WARN', {message: left + ' lines of the edge were left out before this one: there were too many.'});
    // One write, so that lines of several workers never mix.
    fs.appendFileSync(spool, remark + line(r, reason, who), {mode: 0o600});
}

// Each that was left out is told of once, whichever worker comes first: njs 0.9.9's pop() gives no number back.
function leftOut(lines, label) {
    if (!lines.get(label) || !lines.add(label + '!', 1, 1000)) {
        return 0;
    }
    const left = lines.get(label);
    lines.incr(label, -left, 0);
    lines.delete(label + '!');
    return left;
}

function line(r, reason, who) {
    const variables = r.variables, target = variables.request_uri || '', end = target.search(/[?#]/);
    const path = printable(masked(end < 0 ? target : target.slice(0, end)), 400) + (end < 0 ? '' : '?***');
    const method = printable(r.method || '-', 20), status = Number(variables.status);
    const why = printable(reason, 400);
    const fields = {message: method + ' ' + path + ' ' + status + ': ' + why, status: status, method: method, path: path, reason: why};
    if (who.name !== undefined) {
        fields[who.name] = who.id;
    }
    fields.client = variables.remote_addr;
    fields.durationMs = Math.round(Number(variables.request_time) * 1000);
    fields.requestId = variables.request_id;
    return rendered(status < 500 ? 'WARN' : 'ERROR', fields);
}

function rendered(level, fields) {
    return JSON.stringify({timestamp: new Date().toISOString(), level: level, fields: fields, target: 'edge'}) + '\n';
}

// '' when it is nobody's: of what is asked of no environment, no environment is told.
function labelOf(variables) {
    const tables = ngx.shared.tables, own = tables.get(':' + variables.edge_port);
    if (own !== undefined) {
        return own;
    }
    const host = variables.host || '', label = host.slice(0, 27);
    return /^[0-9a-z]{27}\.env\./.test(host) && tables.has(label) ? label : '';
}

// Who asks, where they are this environment's own: others are strangers here, whoever they may be elsewhere.
// The columns are those of gate.js.
function caller(variables, label) {
    const who = variables.edge_who;
    if (who) {
        return {name: who.startsWith('key_') ? 'apiKey' : who.startsWith('usr_') ? 'user' : 'workload', id: who};
    }
    const tables = ngx.shared.tables, digest = gate.digestOf(tables, variables.http_authorization);
    const principal = digest === '' ? '' : tables.get(digest) || '';
    return /^[^uwb]/.test(principal) && principal.slice(1, 28) === label
        ? {name: 'apiKey', id: principal.slice(38).split(' ')[0]} : {};
}

// The guard says by a header why it has answered itself, and first that it is the guard: no engine knows that word.
function guardsReason(variables) {
    const said = variables.upstream_http_x_edge_reason || '', digest = (variables.edge_guard || '').split(' ')[0];
    return digest !== '' && said.startsWith(digest + ' ') ? said.slice(digest.length + 1) : '';
}

// Somebody's mistake shall not show an account's members a credential.
function masked(path) {
    return path.replace(/(key_[0-9A-Za-z]*)[.%][^\/]*/g, '$1***').replace(/eyJ[\w.%-]{10,}/g, 'eyJ***');
}

function printable(text, most) {
    return text.slice(0, most).replace(/[^\x20-\x7e]/g, '?');
}

function sizeOf(file) {
    try {
        return fs.statSync(file).size;
    } catch (e) {
        return 0;
    }
}

export default {told};
