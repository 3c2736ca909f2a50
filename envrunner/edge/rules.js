// Who may do what: role × port × method × path. This file is the whole policy of the edge.
//
// Roles, one letter each as they stand in the tables:
//   f  full               API key "full"; members owner, admin and developer
//   i  ingress            API key "ingress"
//   a  admin              API key "admin"
//   c  complete_awakeable API key "complete_awakeable"
//   v  viewer             member "viewer"
//
// Answers: 'allow', 'forbid' (403), 'unknown' (404: the admin port knows no such route).
//
// Paths are judged exactly as the caller wrote them: nothing is decoded, so nothing decoded can differ from what was judged.
// Tables and patterns stand inside functions because njs runs a module's top level again for every request.

// The port of calls: every path belongs to the environment's own services. (gate.js lets f and i pass without asking.)
function ingress(role, method, path) {
    if (role === 'f' || role === 'i') {
        return 'allow';
    }
    const awakeable = /^\/restate\/(awakeables|a)\/[A-Za-z0-9_-]+\/(resolve|reject)$/;
    return role === 'c' && method === 'POST' && awakeable.test(path) ? 'allow' : 'forbid';
}

// The admin port: what is not listed below does not exist, so a newer engine's new routes stay closed until somebody
// has read them. Every route also exists under /v2, /v3 and /v4; HEAD goes wherever GET goes.
function admin(role, method, path) {
    if (role !== 'f' && role !== 'a' && role !== 'v') {
        return 'forbid';
    }
    const verb = method === 'HEAD' ? 'GET' : method;
    const route = verb + ' ' + path.replace(/^\/v[234](?=\/.)/, '');
    if (isWebInterface(verb, path) || isListed(route, reads())) {
        return 'allow';
    }
    if (isListed(route, prepares()) || isListed(route, writes())) {
        return role === 'v' ? 'forbid' : 'allow';
    }
    return 'unknown';
}

// What tells nothing of services and changes nothing.
function aboutNoService(method, path) {
    const verb = method === 'HEAD' ? 'GET' : method;
    return isWebInterface(verb, path) || /^GET \/(health|version|cluster-health|openapi)$/.test(verb + ' ' + path);
}

// The engine's own web interface: static files, and one page for all its addresses.
function isWebInterface(verb, path) {
    return verb === 'GET' && (path === '/' || path === '/ui/' || /^\/ui(\/[\w@~+-][\w.@~+-]*)*$/.test(path) || isDeepLink(path));
}

// Names, ids and keys of services stand in these addresses, as the interface writes them (encodeURIComponent). The engine
// decodes nothing below /ui; what somebody who does would read as a way up is nobody's address all the same.
function isDeepLink(path) {
    return /^\/ui\/[a-z][a-z-]*(\/([\w.~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+){1,3}$/.test(path)
        && !/%00/.test(path) && !/(\/|%2f|%5c)(\.|%2e){1,2}(\/|%2f|%5c|$)/i.test(path);
}

// What a viewer may see; `*` is one segment. POST /query is judged further in sql.js.
function reads() {
    return [
        'GET /health',
        'GET /version',
        'GET /cluster-health',
        'GET /openapi',
        'GET /deployments',
        'GET /deployments/*',
        'GET /services',
        'GET /services/*',
        'GET /services/*/handlers',
        'GET /services/*/handlers/*',
        'GET /services/*/openapi',
        'GET /subscriptions',
        'GET /subscriptions/*',
        'GET /kafka-clusters',
        'GET /kafka-clusters/*',
        'POST /query',
        // The web interface shows values by it: the service that wrote them says what they mean.
        'POST /internal/services/*/serdes/decode/*',
    ];
}

// What the web interface asks a service before it sends it something. It changes nothing, and who may not send needs none.
function prepares() {
    return ['POST /internal/services/*/serdes/encode/*'];
}

function writes() {
    return [
        'POST /deployments',
        'PATCH /deployments/*',
        'PUT /deployments/*',
        'DELETE /deployments/*',
        'PATCH /services/*',
        'POST /services/*/state',
        'POST /subscriptions',
        'DELETE /subscriptions/*',
        'POST /kafka-clusters',
        'PATCH /kafka-clusters/*',
        'DELETE /kafka-clusters/*',
        'PUT /limits/rules',
        'POST /limits/rules/bulk-delete',
        'DELETE /invocations/*',
        'PATCH /invocations/*/cancel',
        'PATCH /invocations/*/kill',
        'PATCH /invocations/*/pause',
        'PATCH /invocations/*/purge',
        'PATCH /invocations/*/purge-journal',
        'PATCH /invocations/*/restart-as-new',
        'PATCH /invocations/*/resume',
        'POST /vqueues/*/pause',
        'POST /vqueues/*/resume',
        // What the web interface uses beside the public routes.
        'POST /internal/invocations_batch_operations/kill',
        'POST /internal/invocations_batch_operations/cancel',
        'POST /internal/invocations_batch_operations/purge',
        'POST /internal/invocations_batch_operations/purge-journal',
        'POST /internal/invocations_batch_operations/restart-as-new',
        'POST /internal/invocations_batch_operations/resume',
        'POST /internal/invocations_batch_operations/pause',
    ];
}

// Whether the call may change the engine. Judged of what the tables above let pass; what is listed nowhere may.
function changes(method, path) {
    const verb = method === 'HEAD' ? 'GET' : method;
    const route = verb + ' ' + path.replace(/^\/v[234](?=\/.)/, '');
    return !isWebInterface(verb, path) && !isListed(route, reads()) && !isListed(route, prepares());
}

// The route as the control plane knows it, where it must be asked whether the engine may be given what the body says;
// '' for all others. Judged of what the table above lets pass.
function asked(method, path) {
    const route = method + ' ' + path.replace(/^\/v[234](?=\/.)/, '');
    const clusters = /^(POST \/(deployments|kafka-clusters|subscriptions)|PATCH \/kafka-clusters\/[^\/]+)$/;
    return clusters.test(route) || /^(PATCH|PUT) \/deployments\/[^\/]+$/.test(route) ? route : '';
}

// Whether the call becomes an audit event. Judged of what the tables above let pass.
function recorded(method, path) {
    const route = method + ' ' + path.replace(/^\/v[234](?=\/.)/, '');
    return route === 'POST /query' || isListed(route, writes());
}

function isListed(route, list) {
    const given = route.split('/');
    const start = given[0] + '/' + given[1];
    return list.some((entry) => entry.startsWith(start) && matches(entry.split('/'), given));
}

function matches(wanted, given) {
    return wanted.length === given.length
        && wanted.every((segment, n) => segment === given[n] || (segment === '*' && isName(given[n])));
}

// No '%', no backslash, not empty, no '.' or '..': those are where two readers of one path disagree.
function isName(segment) {
    return /^[A-Za-z0-9_~!$&'()*+,;=:@-][A-Za-z0-9._~!$&'()*+,;=:@-]*$/.test(segment);
}

export default {ingress, admin, isWebInterface, aboutNoService, changes, asked, recorded};
