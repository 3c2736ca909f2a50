// The one case that makes up nearly all traffic: an API key of role full or ingress calls its own environment's ingress.
//
// Says yes or hands over: whatever is not plainly allowed goes to gate.js, which judges from the start and words every
// refusal. It stands alone and is short because njs builds every function of a module anew for each request.
// The columns are those of gate.js. A key's restrictions are judged as restrictions.js does it, where they are plain, too.

import crypto from 'crypto';

// A status that nothing else gives; nginx then goes on in the way that suits the body, with gate.js before it.
function handOver(r) {
    r.return(r.variables.edge_streams ? 598 : 599);
}

function judge(r, shared) {
    const variables = r.variables, dicts = ngx.shared, tables = dicts.tables;
    const key = tables.get('.key'), header = variables.http_authorization;
    if (key === undefined || header === undefined || header.length > 512 || !header.startsWith('Bearer ')) {
        return handOver(r);
    }
    const digest = crypto.createHash('sha256').update(key).update(header.slice(7)).digest('base64url');
    const principal = tables.get(digest);
    if (principal === undefined) {
        return handOver(r);
    }
    const kind = principal[0];
    let keyId = '';
    if (kind === 'f' || kind === 'i') {
        keyId = principal.slice(38);
    } else if (kind === 'F' || kind === 'I') {
        // In the same function: to build another one would cost keys without restrictions.
        // What these restrictions say of this method, address and path was perhaps found out a moment ago: principals end with
        // the restrictions' own name, so what is remembered holds for them and no others. Only what may pass is remembered.
        const asked = principal.slice(-22) + variables.edge_asked;
        if (dicts.judged.get(asked) === undefined) {
            const words = principal.slice(38).split(' '), target = variables.request_uri;
            if (words[2] !== '-' || (words[3] !== '-' && !words[3].includes('"' + r.method + '"'))) {
                return handOver(r);
            }
            if (words[4] !== '-') {
                const hex = r.rawVariables.binary_remote_addr.toString('hex');
                const networks = words[4].slice(1, -1).split('"'), address = (hex.length === 8 ? '4' : hex.length === 32 ? '6' : '-') + hex;
                let n = networks.length;
                while (n > 0 && !address.startsWith(networks[n - 1])) {
                    n--;
                }
                if (n === 0) {
                    return handOver(r);
                }
            }
            if (words[5] !== '-' || words[6] !== '-' || words[7] !== '-') {
                const question = target.indexOf('?');
                const path = (question < 0 ? target : target.slice(0, question)).split('/');
                const first = path[1] !== 'restate' ? 1 : path[2] === 'call' || path[2] === 'send' ? 3 : 9;
                const last = path.length - (first === 1 && path.length > 3 && path[path.length - 1] === 'send' ? 2 : 1);
                const service = path[first], key = last === first + 2 ? path[first + 1] : '';
                const name = service + (key === '' ? '/' : '/*/') + path[last];
                if ((last !== first + 1 && (last !== first + 2 || key === '')) || !/^[\w.-]+\/[\w.~!$&'()*+,;=:@-]*\/[\w.-]+$/.test(service + '/' + key + '/' + path[last])
                    || (words[5] !== '-' && !words[5].includes('"' + service + '"'))
                    || (words[6] !== '-' && !words[6].includes('"' + name + '"'))) {
                    return handOver(r);
                }
                if (words[7] !== '-' && !words[7].includes('"' + key + '"')) {
                    const keys = words[7].split('"');
                    let n = keys.length - 1;
                    while (n > 0 && !(keys[n].endsWith('*') && key.startsWith(keys[n].slice(0, -1)))) {
                        n--;
                    }
                    if (n === 0 || key === '') {
                        return handOver(r);
                    }
                }
            }
            if (target.length < 256) {
                dicts.judged.set(asked, 1);
            }
        }
        keyId = principal.slice(38, principal.indexOf(' '));
        const rate = Number(principal.slice(-29, -22));
        if (rate > 0 && dicts.rates.incr(keyId + (Math.floor(Date.now() / 1000) % 4), 1, 0) > rate) {
            return handOver(r);
        }
    } else {
        return handOver(r);
    }
    const label = principal.slice(1, 28), route = tables.get(label), now = Date.now() / 1000, length = variables.content_length;
    if (route === undefined || route[0] !== '1'
        || !(shared ? variables.host.startsWith(label + '.env.') : Number(route.slice(1, 6)) === Number(variables.edge_port))
        || !(Number(principal.slice(28, 38)) > now)
        || (length !== undefined && !(Number(length) <= Number(route.slice(18, 28))))) {
        return handOver(r);
    }
    const limit = Number(route.slice(11, 18)), most = Number(route.slice(35, 41));
    if (limit > 0 && dicts.rates.incr(label + (Math.floor(now) % 4), 1, 0) > limit) {
        return handOver(r);
    }
    if (most > 0) {
        const flights = dicts.flights, flight = label + flights.get('.');
        if (flights.incr(flight, 1, 0) > most) {
            flights.incr(flight, -1, 0);
            variables.edge_counted = '1';
            return handOver(r);
        }
        variables.edge_flight = flight;
    }
    const bucket = now - now % 10;
    if (dicts.used.get(keyId) !== bucket) {
        dicts.used.set(keyId, bucket);
    }
    variables.edge_target = 's' + route.slice(28, 35) + 'i';
}

// Called when nginx writes its log, once for each request and last of all; it logs nothing itself.
function landed(r) {
    ngx.shared.flights.incr(r.variables.edge_flight, -1, 0);
    return '0';
}

function sharedIngress(r) { judge(r, true); }
function ownIngress(r) { judge(r, false); }

export default {sharedIngress, ownIngress, landed};
