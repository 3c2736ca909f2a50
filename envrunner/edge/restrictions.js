// What a restricted API key may do of what its role allows: docs/api-keys.md in code. The words are those of restrictions.py:
//   [keyId, perSecond, readOnly, methods, networks, services, handlers, objectKeys, …], '-' where nothing is restricted.
// A call is judged by nothing but $edge_asked: method, address and path. It is remembered under that.
//
// Judged is the path as the caller wrote it. The engine takes services and handlers literally and decodes keys (1.7.12:
// tests/envrunner/edge/test_restrictions_engine.py); whatever it could take in another way is refused. fast.js repeats the plain case.

import rules from 'rules.js';

const LACKING = 'This API key is restricted to certain ';

// Returns '' when the request may go on, else why not.
function refusal(r, ingress, path, words) {
    if (words[3] !== '-' && !words[3].includes('"' + r.method + '"')) {
        return LACKING + 'methods, and ' + r.method + ' is none of them.';
    }
    if (words[4] !== '-' && !isWithin(words[4], r.rawVariables.binary_remote_addr.toString('hex'))) {
        return LACKING + 'networks, and ' + r.variables.remote_addr + ' is in none of them.';
    }
    if (words[2] === 'r' && !(ingress ? reads(r.method, path) : rules.admin('v', r.method, path) === 'allow')) {
        return 'This API key is read-only, and this request may change something.';
    }
    return words[5] === '-' && words[6] === '-' && words[7] === '-' ? '' : named(ingress, r.method, path, words);
}

// IPv4 within IPv6 (RFC 4291, 2.5.5.2) is IPv4.
function isWithin(networks, hex) {
    const address = hex.length === 8 ? '4' + hex : hex.length !== 32 ? '-'
        : hex.startsWith('00000000000000000000ffff') ? '4' + hex.slice(24) : '6' + hex;
    return networks.slice(1, -1).split('"').some((prefix) => address.startsWith(prefix));
}

// On the port of calls everything else may start work, whatever its method.
function reads(method, path) {
    return method === 'GET'
        ? /^\/restate\/(health|(attach|output)\/[\w-]+|invocation(\/[^\/]+){1,4}\/(attach|output)|workflow(\/[^\/]+){2}\/(attach|output))$/
            .test(path)
        : method === 'POST' && /^\/restate\/(lookup|attach|output)$/.test(path);
}

function named(ingress, method, path, words) {
    if (!ingress) {
        const about = path.replace(/^\/v[234](?=\/.)/, '');
        return rules.aboutNoService(method, about) || isAdministered(about, words) ? '' : lacking(words);
    }
    const all = isPlain(path) ? readings(path.slice(1).split('/')) : [];
    const possible = words[6] === '-' ? all : all.filter((one) => words[6].includes('"' + one[0] + (one[1] === null ? '/' : '/*/') + one[2] + '"'));
    return possible.length > 0 && possible.every((one) => isListed(words[5], one[0]) && isKey(words[7], one[1])) ? '' : lacking(words);
}

function lacking(words) {
    const which = ['services', 'handlers', 'object keys'].filter((_, n) => words[n + 5] !== '-').join(', ');
    return LACKING + which + ', and this request does not name what it is allowed.';
}

// '%' may stand in keys alone, which is judged there.
function isPlain(path) {
    return /^[\w.~!$&'()*+,;=:@%\/-]+$/.test(path);
}

// All that the engine could take the path for, as [service, key or null, handler]: only its registry knows of what kind a
// service is. Kinds that `handlers` does not tell of are no matter: it says with a star which services have keys.
function readings(path) {
    const length = path.length, last = path[length - 1];
    let found = [];
    if (path[0] !== 'restate') {
        found = length === 2 ? [[path[0], null, path[1]]]
            : length === 3 && last === 'send' ? [[path[0], null, path[1]], [path[0], path[1], last]]
                : length === 3 || (length === 4 && last === 'send') ? [[path[0], path[1], path[2]]] : [];
    } else if (path[1] === 'call' || path[1] === 'send') {
        found = length === 4 ? [[path[2], null, path[3]]] : length === 5 ? [[path[2], path[3], path[4]]] : [];
    } else if (last === 'attach' || last === 'output') {
        found = path[1] === 'workflow' && length === 5 ? [[path[2], path[3], 'run']]
            : path[1] !== 'invocation' ? []
                : length === 6 ? [[path[2], null, path[3]]] : length === 7 ? [[path[2], path[3], path[4]]] : [];
    }
    return found.every((one) => /^[\w.-]+$/.test(one[0]) && one[1] !== '' && /^[\w.-]+$/.test(one[2])) ? found : [];
}

function isListed(list, name) {
    return list === '-' || list.includes('"' + name + '"') || (list.includes('*"') && list.split('"').some(
        (one) => one.endsWith('*') && name.startsWith(one.slice(0, -1))));
}

function isKey(list, key) {
    if (list === '-') {
        return true;
    }
    const decoded = key === null ? '' : decode(key);
    return decoded !== '' && !decoded.includes('"') && isListed(list, decoded);
}

// As the engine decodes; what the two could decode differently is nobody's key.
function decode(key) {
    try {
        return decodeURIComponent(key);
    } catch (e) {
        return '';
    }
}

// Routes of the admin API that are about one service, or one handler of it.
function isAdministered(path, words) {
    const found = /^\/(internal\/)?services\/([\w.-]+)(\/.+)?$/.exec(path), handler = /^\/handlers\/([\w.-]+)$/.exec(found && found[3] || '');
    if (found === null || words[7] !== '-' || !isListed(words[5], found[2])) {
        return false;
    }
    return words[6] === '-' || (handler !== null && !found[1]
        && (words[6].includes('"' + found[2] + '/' + handler[1] + '"') || words[6].includes('"' + found[2] + '/*/' + handler[1] + '"')));
}

export default {refusal};
