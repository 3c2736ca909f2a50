// The gate every request passes: find the environment, know the caller, decide, choose the engine's socket.
//
// Values in the shared table `tables` are written by the edge agent (compact.py) in fixed columns, so that nothing is parsed here:
//   digest           API key:  role(1) label(27) expiry(10) keyId      user:  'u' expiry(10) userId
//                    restricted: an API key with its role in upper case, and after keyId the words of restrictions.py, and
//                    in a last one once more perSecond(7), and what these restrictions are called(22)
//                    workload: 'w' role(1) label(27) expiry(10) userId '/' tokenId
//   ~digest          the cookie of an engine UI, where no Authorization leads to it: 'b' label(27) expiry(10) userId '/' tokenId
//   label            route:    status(1) ingressPort(5) adminPort(5) perSecond(7) maxBytes(10) slot(7) inFlight(6) querySeconds(4)
//                              readOnly(1) accountId
//   :port            label     (loopback mode)
//   userId/accountId role(1)
//   userId/accountId+ 'm' when that member may vouch for the rules of workloads
//   .key .epoch      digest key; present when the tables have been loaded

import crypto from 'crypto';
import limits from 'limits.js';
import restrictions from 'restrictions.js';
import rules from 'rules.js';

// As little as possible stands here: njs runs a module's top level again for every request.
const LONGEST_AUTHORIZATION = 7 + 4096, NO_PORT = '00000', USED_EVERY_S = 10, PAUSED_RETRY = '60';

// `seconds`: after how many it may be tried again, where 503 is not for a moment only.
function refuse(r, status, message, seconds) {
    r.headersOut['Content-Type'] = 'application/json';
    r.variables.edge_reason = message;
    if (status === 401) {
        r.headersOut['WWW-Authenticate'] = 'Bearer';
    } else if (status === 503) {
        r.headersOut['Retry-After'] = seconds || '1';
    }
    // Where the stock CLI shows no more than the status line (phrase.js).
    if (status === 403 && r.variables.edge_admin === '1' && /^(\/v[234])?\/(services\/[^\/]+\/state|deployments\/[^\/]+)$/.test(pathOf(r))
        && /^(POST|DELETE)$/.test(r.method) && /^[\x20-\x7e]{1,500}$/.test(message)) {
        r.return(597);
        return '';
    }
    r.return(status, JSON.stringify({message: message, restate_code: null}));
    return '';
}

function digestOf(tables, header) {
    const key = tables.get('.key');
    if (key === undefined || header === undefined || header.length > LONGEST_AUTHORIZATION) {
        return '';
    }
    if (!header.startsWith('Bearer ') && header.slice(0, 7).toLowerCase() !== 'bearer ') {
        return '';
    }
    return crypto.createHash('sha256').update(key).update(header.slice(7)).digest('base64url');
}

// Returns the name of the upstream when the request may go on; '' when it has been answered. `other`: who judges a request
// without a credential that is known here, if somebody else does (ui.js).
function targetOf(r, ingress, shared, other) {
    const variables = r.variables;
    const tables = ngx.shared.tables;
    const host = shared ? variables.host : '';
    const digest = digestOf(tables, variables.http_authorization);
    const principal = tables.get(digest || '-');
    const now = Date.now() / 1000;
    if (principal === undefined) {
        return other === undefined ? unknown(r, host, tables) : other(r, host);
    }
    if (principal.charCodeAt(0) === 117 /* u */) {
        return user(r, ingress, host, principal, digest, now);
    }
    if (principal.charCodeAt(0) === 119 /* w */) {
        return workload(r, ingress, host, principal, digest, now);
    }
    if (Number(principal.slice(28, 38)) <= now) {
        return turnAway(r, host, 401, 'The API key has expired.');
    }
    const label = principal.slice(1, 28);
    const route = tables.get(label);
    if (shared ? !host.startsWith(label + '.env.') : !atPort(route, ingress, variables.edge_port)) {
        return stranger(r, host);
    }
    const words = principal[0] < 'a' ? principal.slice(38).split(' ') : [principal.slice(38)];
    const target = decide(r, ingress, principal[0].toLowerCase(), label, route, words);
    if (target !== '') {
        used(words[0], now);
    }
    // What a viewer is not shown, nobody is who only reads.
    return target !== '' && !ingress && words[2] === 'r' ? guarded(r, [digest, '-', 'v', principal.slice(28, 38), target]) : target;
}

function unknown(r, host, tables) {
    if (tables.get('.epoch') === undefined) {
        return refuse(r, 503, 'The edge is starting and has no tables yet.');
    }
    return turnAway(r, host, 401, 'A valid API key or access token is needed: Authorization: Bearer <token>.');
}

// A host that can be nobody's is told so, whoever asks.
function turnAway(r, host, status, message) {
    return host === '' || /^[0-9a-z]{27}\.env\./.test(host) ? refuse(r, status, message)
                                                           : refuse(r, 404, 'No environment has this host name.');
}

// One answer for "not yours" and "does not exist": a stranger cannot probe for environments.
function stranger(r, host) {
    return turnAway(r, host, 403, 'This API key or access token has no access to this environment.');
}

function atPort(route, ingress, port) {
    const own = route === undefined ? NO_PORT : ingress ? route.slice(1, 6) : route.slice(6, 11);
    return own !== NO_PORT && Number(own) === Number(port);
}

function user(r, ingress, host, principal, digest, now) {
    const tables = ngx.shared.tables;
    if (Number(principal.slice(1, 11)) <= now) {
        return turnAway(r, host, 401, 'The access token has expired.');
    }
    const label = host === '' ? tables.get(':' + r.variables.edge_port) || '-' : host.slice(0, 27);
    const route = tables.get(label);
    if (route === undefined || (host === '' ? !atPort(route, ingress, r.variables.edge_port)
                                            : !host.startsWith(label + '.env.'))) {
        return stranger(r, host);
    }
    const member = principal.slice(11) + '/' + route.slice(46), role = tables.get(member);
    if (role === undefined) {
        return stranger(r, host);
    }
    const target = decide(r, ingress, role, label, route, [principal.slice(11)]);
    return target === '' ? '' : guarded(r, [digest, member, role, principal.slice(1, 11), target]);
}

// A workload (a CI job) has one environment, for as long as the member who vouches for its rule may make such rules.
function workload(r, ingress, host, principal, digest, now) {
    const tables = ngx.shared.tables, expiry = principal.slice(29, 39);
    if (Number(expiry) <= now) {
        return turnAway(r, host, 401, 'The access token has expired.');
    }
    const label = principal.slice(2, 29), route = tables.get(label);
    if (route === undefined || (host === '' ? !atPort(route, ingress, r.variables.edge_port)
                                            : !host.startsWith(label + '.env.'))) {
        return stranger(r, host);
    }
    const member = principal.slice(39, principal.indexOf('/')) + '/' + route.slice(46) + '+';
    if (tables.get(member) !== 'm') {
        return stranger(r, host);
    }
    const target = decide(r, ingress, principal[1], label, route, [principal.slice(principal.indexOf('/') + 1)]);
    return target === '' ? '' : guarded(r, [digest, member, 'm' + principal[1], expiry, target]);
}

// A person's call goes on by way of the guard (envrunner/guard), which ends it when the right to it ends. The third word
// begins with what the table of members says of `member`, and ends with the caller's own role.
function guarded(r, words) {
    r.variables.edge_guard = words.join(' ');
    return 'guard';
}

// As the caller wrote it.
function pathOf(r) {
    const target = r.variables.request_uri, question = target.indexOf('?');
    return question < 0 ? target : target.slice(0, question);
}

// `words`: first who it is, as those learn who ask who was throttled; then the restrictions of an API key, if it has any.
function decide(r, ingress, role, label, route, words) {
    r.variables.edge_who = words[0];
    r.variables.edge_admin = ingress ? '' : '1';
    if (!ingress || (role !== 'f' && role !== 'i')) {
        const path = pathOf(r);
        const verdict = ingress ? rules.ingress(role, r.method, path) : rules.admin(role, r.method, path);
        if (verdict === 'unknown') {
            return refuse(r, 404, 'The admin API has no such route.');
        }
        if (verdict === 'forbid') {
            return refuse(r, 403, 'The role of this API key or member does not allow this request.');
        }
    }
    const status = route === undefined ? 'x' : route[0];
    if (status !== '1') {
        return status === '0' ? refuse(r, 503, 'This environment is paused: it takes no calls until it is woken. An owner or admin of its '
            + 'account can do that in the console, or by: rcloud env wake env_' + label + '.', PAUSED_RETRY)
                              : refuse(r, 404, 'This environment has been deleted.');
    }
    if (words.length > 1) {
        const lacking = restrictions.refusal(r, ingress, pathOf(r), words);
        if (lacking !== '') {
            return refuse(r, 403, lacking);
        }
        if (ingress && r.variables.request_uri.length < 256) {
            // For fast.js, which so learns of requests that are not plain.
            ngx.shared.judged.set(words[8].slice(7) + r.variables.edge_asked, 1);
        }
    }
    if (!ingress && route[45] === '1' && rules.changes(r.method, pathOf(r))) {
        return refuse(r, 403, 'This environment is read-only: nobody may change it through its admin API. An owner or admin of its '
            + 'account can switch that off: rcloud env read-only env_' + label + ' off.');
    }
    const excess = limits.excess(r, label, route, words);
    if (excess !== '') {
        return refuse(r, excess.startsWith('This environment takes request bodies') ? 413 : 429, excess);
    }
    if (!ingress) {
        r.variables.edge_label = label;
    }
    return 's' + route.slice(28, 35) + (ingress ? 'i' : 'a');
}

function used(keyId, now) {
    const bucket = now - now % USED_EVERY_S;
    if (ngx.shared.used.get(keyId) !== bucket) {
        ngx.shared.used.set(keyId, bucket);
    }
}

// What the control plane must be asked about comes by admission.js; if it ever came another way, it would end here.
function adminTargetOf(r, shared, other) {
    const target = targetOf(r, false, shared, other);
    return target === '' || rules.asked(r.method, pathOf(r)) === '' ? target
                                                                     : refuse(r, 500, 'The edge failed to handle this request.');
}

// The upstream is named last of all: a request whose judging failed half-way has nowhere to go.
function sharedIngress(r) { r.variables.edge_target = targetOf(r, true, true); }
function ownIngress(r) { r.variables.edge_target = targetOf(r, true, false); }

export default {targetOf, adminTargetOf, pathOf, digestOf, refuse, unknown, stranger, atPort, decide, guarded, used, sharedIngress, ownIngress};
