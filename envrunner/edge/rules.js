// Who may do what: role × port × method × path. This file is the whole policy of the edge.
//
// Roles, one letter each as they stand in the tables:
//   f  full               API key "full"; members owner, admin and developer
//   i  ingress            API key "ingress"
//   a  admin              API key "admin"
//   c  complete_awakeable API key "complete_awakeable"
//   v  viewer             member "viewer"
//
// Answers: ALLOW, FORBIDDEN (403), UNKNOWN (404, the admin port knows no such route).
// Paths are judged exactly as the caller wrote them: nothing is decoded, so nothing decoded can differ from what was judged.

const ALLOW = 0, FORBIDDEN = 1, UNKNOWN = 2;

const AWAKEABLE = /^\/restate\/(awakeables|a)\/[A-Za-z0-9_-]+\/(resolve|reject)$/;

// The port of calls: every path belongs to the environment's own services.
function ingress(role, method, path) {
    if (role === 'f' || role === 'i') {
        return ALLOW;
    }
    if (role === 'c' && method === 'POST' && AWAKEABLE.test(path)) {
        return ALLOW;
    }
    return FORBIDDEN;
}

// The admin port: what is not listed here does not exist, so a newer engine's new routes stay closed until somebody reads them.
// READ is what a viewer may see. `*` stands for one segment; HEAD goes wherever GET goes.
const READ = 'read', WRITE = 'write';

const ADMIN = {
    'health': [[1, 'GET', READ, '']],
    'version': [[1, 'GET', READ, '']],
    'cluster-health': [[1, 'GET', READ, '']],
    'openapi': [[1, 'GET', READ, '']],
    'query': [[1, 'POST', READ, '']],
    'deployments': [
        [1, 'GET', READ, ''], [1, 'POST', WRITE, ''],
        [2, 'GET', READ, '*'], [2, 'PATCH', WRITE, '*'], [2, 'PUT', WRITE, '*'], [2, 'DELETE', WRITE, '*'],
    ],
    'services': [
        [1, 'GET', READ, ''],
        [2, 'GET', READ, '*'], [2, 'PATCH', WRITE, '*'],
        [3, 'GET', READ, '*/handlers'], [3, 'GET', READ, '*/openapi'], [3, 'POST', WRITE, '*/state'],
        [4, 'GET', READ, '*/handlers/*'],
    ],
    'subscriptions': [
        [1, 'GET', READ, ''], [1, 'POST', WRITE, ''],
        [2, 'GET', READ, '*'], [2, 'DELETE', WRITE, '*'],
    ],
    'kafka-clusters': [
        [1, 'GET', READ, ''], [1, 'POST', WRITE, ''],
        [2, 'GET', READ, '*'], [2, 'PATCH', WRITE, '*'], [2, 'DELETE', WRITE, '*'],
    ],
    'limits': [[2, 'PUT', WRITE, 'rules'], [3, 'POST', WRITE, 'rules/bulk-delete']],
    'invocations': [
        [2, 'DELETE', WRITE, '*'],
        [3, 'PATCH', WRITE, '*/cancel'], [3, 'PATCH', WRITE, '*/kill'], [3, 'PATCH', WRITE, '*/pause'],
        [3, 'PATCH', WRITE, '*/purge'], [3, 'PATCH', WRITE, '*/purge-journal'],
        [3, 'PATCH', WRITE, '*/restart-as-new'], [3, 'PATCH', WRITE, '*/resume'],
    ],
    'vqueues': [[3, 'POST', WRITE, '*/pause'], [3, 'POST', WRITE, '*/resume']],
    // What the engine's own web UI uses beside the public routes.
    'internal': [
        [3, 'POST', WRITE, 'invocations_batch_operations/kill'],
        [3, 'POST', WRITE, 'invocations_batch_operations/cancel'],
        [3, 'POST', WRITE, 'invocations_batch_operations/purge'],
        [3, 'POST', WRITE, 'invocations_batch_operations/purge-journal'],
        [3, 'POST', WRITE, 'invocations_batch_operations/restart-as-new'],
        [3, 'POST', WRITE, 'invocations_batch_operations/resume'],
        [3, 'POST', WRITE, 'invocations_batch_operations/pause'],
        [6, 'POST', WRITE, 'services/*/serdes/decode/*'],
        [6, 'POST', WRITE, 'services/*/serdes/encode/*'],
    ],
};

// No '%', no backslash, no '//' (an empty segment), no '.' or '..' segment: those are where two readers of one path disagree.
const PLAIN = /^(\/[A-Za-z0-9_~!$&'()*+,;=:@-][A-Za-z0-9._~!$&'()*+,;=:@-]*)+$/;
const STATIC = /^\/ui(\/|(\/[A-Za-z0-9_@~+-][A-Za-z0-9._@~+-]*)*)$/;
const VERSION = /^\/v[234](?=\/)/;

function admin(role, method, path) {
    if (role !== 'f' && role !== 'a' && role !== 'v') {
        return FORBIDDEN;
    }
    const verb = method === 'HEAD' ? 'GET' : method;
    if (path === '/' || STATIC.test(path)) {
        return verb === 'GET' ? ALLOW : UNKNOWN;
    }
    const kind = PLAIN.test(path) ? find(verb, path.replace(VERSION, '').split('/')) : '';
    if (kind === '') {
        return UNKNOWN;
    }
    return role === 'v' && kind !== READ ? FORBIDDEN : ALLOW;
}

function find(verb, segments) {
    const routes = Object.prototype.hasOwnProperty.call(ADMIN, segments[1]) ? ADMIN[segments[1]] : [];
    for (let n = 0; n < routes.length; n++) {
        const route = routes[n];
        if (route[0] === segments.length - 1 && route[1] === verb && matches(route[3], segments)) {
            return route[2];
        }
    }
    return '';
}

function matches(pattern, segments) {
    const wanted = pattern.split('/');
    for (let n = 2; n < segments.length; n++) {
        if (wanted[n - 2] !== '*' && wanted[n - 2] !== segments[n]) {
            return false;
        }
    }
    return true;
}

export default {ALLOW, FORBIDDEN, UNKNOWN, ingress, admin};
