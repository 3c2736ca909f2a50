// The gate every request passes: find the environment, know the caller, decide, choose the engine's socket.
//
// Values in the shared table `tables` are written by the edge agent (compact.py) in fixed columns, so that nothing is parsed here:
//   digest           API key:  role(1) label(27) expiry(10) keyId      user:  'u' expiry(10) userId
//   label            route:    status(1) ingressPort(5) adminPort(5) perSecond(7) maxBytes(10) slot(7) accountId
//   :port            label     (loopback mode)
//   userId/accountId role(1)
//   .key .epoch      digest key; present when the tables have been loaded

import crypto from 'crypto';
import rules from 'rules.js';
import sql from 'sql.js';

const BEARER = 'Bearer ';
const LONGEST_TOKEN = 4096;
const HOST = /^[0-9a-z]{27}\.env\./;
const NO_PORT = '00000';
const USED_EVERY_S = 10;

function refuse(r, status, message) {
    r.headersOut['Content-Type'] = 'application/json';
    if (status === 401) {
        r.headersOut['WWW-Authenticate'] = 'Bearer';
    } else if (status === 429 || status === 503) {
        r.headersOut['Retry-After'] = '1';
    }
    r.return(status, JSON.stringify({message: message, restate_code: null}));
    return false;
}

function digestOf(tables, header) {
    const key = tables.get('.key');
    if (key === undefined || header === undefined || header.length > BEARER.length + LONGEST_TOKEN) {
        return '';
    }
    if (header.slice(0, 7) !== BEARER && header.slice(0, 7).toLowerCase() !== 'bearer ') {
        return '';
    }
    const hmac = crypto.createHmac('sha256', Buffer.from(key, 'base64url'));
    return hmac.update(header.slice(7)).digest('base64url');
}

// Returns true when the request may go on; otherwise it has been answered.
function pass(r, ingress, shared) {
    const variables = r.variables;
    const tables = ngx.shared.tables;
    const host = shared ? variables.host : '';
    if (shared && !HOST.test(host)) {
        return refuse(r, 404, 'No environment has this host name.');
    }
    const principal = tables.get(digestOf(tables, variables.http_authorization) || '-');
    const now = Date.now() / 1000;
    if (principal === undefined) {
        return unknown(r, tables);
    }
    if (principal.charCodeAt(0) === 117 /* u */) {
        return user(r, ingress, host, principal, now);
    }
    if (Number(principal.slice(28, 38)) <= now) {
        return refuse(r, 401, 'The API key has expired.');
    }
    const label = principal.slice(1, 28);
    const route = tables.get(label);
    if (shared ? host.slice(0, 27) !== label : !atPort(route, ingress, variables.server_port)) {
        return stranger(r);
    }
    if (!decide(r, ingress, principal[0], label, route, now)) {
        return false;
    }
    used(principal.slice(38), now);
    return true;
}

function unknown(r, tables) {
    if (tables.get('.epoch') === undefined) {
        return refuse(r, 503, 'The edge is starting and has no tables yet.');
    }
    return refuse(r, 401, 'A valid API key or access token is needed: Authorization: Bearer <token>.');
}

// One answer for "not yours" and "does not exist": a stranger cannot probe for environments.
function stranger(r) {
    return refuse(r, 403, 'This API key or access token has no access to this environment.');
}

function atPort(route, ingress, port) {
    const own = route === undefined ? NO_PORT : ingress ? route.slice(1, 6) : route.slice(6, 11);
    return own !== NO_PORT && Number(own) === Number(port);
}

function user(r, ingress, host, principal, now) {
    const tables = ngx.shared.tables;
    if (Number(principal.slice(1, 11)) <= now) {
        return refuse(r, 401, 'The access token has expired.');
    }
    const label = host === '' ? tables.get(':' + r.variables.server_port) || '-' : host.slice(0, 27);
    const route = tables.get(label);
    if (route === undefined || (host === '' && !atPort(route, ingress, r.variables.server_port))) {
        return stranger(r);
    }
    const role = tables.get(principal.slice(11) + '/' + route.slice(35));
    return role === undefined ? stranger(r) : decide(r, ingress, role, label, route, now);
}

function decide(r, ingress, role, label, route, now) {
    if (!ingress || (role !== 'f' && role !== 'i')) {
        const target = r.variables.request_uri, question = target.indexOf('?');
        const path = question < 0 ? target : target.slice(0, question);
        const verdict = ingress ? rules.ingress(role, r.method, path) : rules.admin(role, r.method, path);
        if (verdict === rules.UNKNOWN) {
            return refuse(r, 404, 'The admin API has no such route.');
        }
        if (verdict === rules.FORBIDDEN) {
            return refuse(r, 403, 'The role of this API key or member does not allow this request.');
        }
    }
    const status = route === undefined ? 'x' : route[0];
    if (status !== '1') {
        return status === '0' ? refuse(r, 503, 'This environment is switched off.')
                              : refuse(r, 404, 'This environment has been deleted.');
    }
    if (r.method !== 'GET' && Number(r.variables.content_length || 0) > Number(route.slice(18, 28))) {
        return refuse(r, 413, 'The request body is larger than this environment allows.');
    }
    const limit = Number(route.slice(11, 18));
    if (limit > 0 && ngx.shared.rates.incr(label + (Math.floor(now) % 4), 1, 0) > limit) {
        return refuse(r, 429, 'This environment takes no more than ' + limit + ' requests per second.');
    }
    r.variables.edge_target = 's' + route.slice(28, 35) + (ingress ? 'i' : 'a');
    return true;
}

function used(keyId, now) {
    const bucket = now - now % USED_EVERY_S;
    if (ngx.shared.used.get(keyId) !== bucket) {
        ngx.shared.used.set(keyId, bucket);
    }
}

async function checked(r, shared) {
    if (!pass(r, false, shared)) {
        return;
    }
    const refusal = sql.refusal(await r.readRequestText());
    if (refusal !== '') {
        refuse(r, 403, refusal);
    }
}

function sharedIngress(r) { pass(r, true, true); }
function sharedAdmin(r) { pass(r, false, true); }
function sharedQuery(r) { return checked(r, true); }
function ownIngress(r) { pass(r, true, false); }
function ownAdmin(r) { pass(r, false, false); }
function ownQuery(r) { return checked(r, false); }

export default {sharedIngress, sharedAdmin, sharedQuery, ownIngress, ownAdmin, ownQuery};
