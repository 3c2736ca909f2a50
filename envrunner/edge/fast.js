// The one case that makes up nearly all traffic: an API key of role full or ingress calls its own environment's ingress.
//
// Says yes or hands over: whatever is not plainly allowed goes to gate.js, which judges from the start and words every
// refusal. It stands alone and is short because njs builds every function of a module anew for each request.
// The columns are those of gate.js.

import crypto from 'crypto';

// A status that nothing else gives; nginx then goes on in the way that suits the body, with gate.js before it.
function handOver(r) {
    r.return(r.variables.edge_streams ? 598 : 599);
}

function judge(r, shared) {
    const variables = r.variables, tables = ngx.shared.tables;
    const key = tables.get('.key'), header = variables.http_authorization;
    if (key === undefined || header === undefined || header.length > 512 || !header.startsWith('Bearer ')) {
        return handOver(r);
    }
    const digest = crypto.createHash('sha256').update(key).update(header.slice(7)).digest('base64url');
    const principal = tables.get(digest);
    if (principal === undefined || (principal[0] !== 'f' && principal[0] !== 'i')) {
        return handOver(r);
    }
    const label = principal.slice(1, 28), route = tables.get(label), now = Date.now() / 1000, length = variables.content_length;
    if (route === undefined || route[0] !== '1'
        || !(shared ? variables.host.startsWith(label + '.env.') : Number(route.slice(1, 6)) === Number(variables.edge_port))
        || !(Number(principal.slice(28, 38)) > now)
        || (length !== undefined && !(Number(length) <= Number(route.slice(18, 28))))) {
        return handOver(r);
    }
    const limit = Number(route.slice(11, 18));
    if (limit > 0 && ngx.shared.rates.incr(label + (Math.floor(now) % 4), 1, 0) > limit) {
        return handOver(r);
    }
    const keyId = principal.slice(38), bucket = now - now % 10;
    if (ngx.shared.used.get(keyId) !== bucket) {
        ngx.shared.used.set(keyId, bucket);
    }
    variables.edge_target = 's' + route.slice(28, 35) + 'i';
}

function sharedIngress(r) { judge(r, true); }
function ownIngress(r) { judge(r, false); }

export default {sharedIngress, ownIngress};
