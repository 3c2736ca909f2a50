// A person in the engine's own UI: their browser sends no Authorization but a cookie, which exchange.js has set.
//
// A browser sends a cookie by itself, whoever's page asked it to: here that page must be of this very origin. Other
// environments' UIs are of the same site. The columns are those of gate.js.

import gate from 'gate.js';
import rules from 'rules.js';

const MOST_COOKIES = 4;
const OVER = "Nobody is signed in to this engine UI, or not any more. Open it from the console again.";
const FOREIGN = "This request does not come from this environment's own engine UI: a page of another origin has caused it. Open the "
    + "engine UI from the console; programs send Authorization: Bearer <token>.";

// Gate's last resort, where no Authorization came. Returns what gate.targetOf does.
function judge(r, host) {
    const variables = r.variables, tables = ngx.shared.tables, now = Date.now() / 1000;
    const label = host === '' ? tables.get(':' + variables.edge_port) || '-' : host.slice(0, 27), route = tables.get(label);
    const isHere = route !== undefined && (host === '' ? gate.atPort(route, false, variables.edge_port) : host.startsWith(label + '.env.'));
    if (variables.http_authorization !== undefined || !isHere) {
        return gate.unknown(r, host, tables);
    }
    // Of several by one name the first that is good: a neighbour can put others beside it, which say nothing here.
    const cookies = (variables.http_cookie || '').split(';').map((one) => one.trim())
        .filter((one) => one.startsWith('__Host-rc_ui_' + label + '=') || one.startsWith('rc_ui_' + label + '='));
    const digests = cookies.slice(0, MOST_COOKIES).map((one) => '~' + gate.digestOf(tables, 'Bearer ' + one));
    const found = digests.findIndex((one) => (tables.get(one) || '').startsWith('b' + label) && Number(tables.get(one).slice(28, 38)) > now);
    if (found < 0) {
        const asksUi = cookies.length > 0 || rules.isWebInterface(r.method === 'HEAD' ? 'GET' : r.method, gate.pathOf(r));
        return asksUi && tables.has('.epoch') ? gate.refuse(r, 401, OVER) : gate.unknown(r, host, tables);
    }
    if (!isOwn(r, cookies[found].startsWith('__Host-') ? 'https://' : 'http://')) {
        return gate.refuse(r, 403, FOREIGN);
    }
    const principal = tables.get(digests[found]), who = principal.slice(38).split('/');
    const member = who[0] + '/' + route.slice(46), role = tables.get(member);
    if (role === undefined) {
        return gate.stranger(r, host);
    }
    const target = gate.decide(r, false, role, label, route, [who[0]]);
    if (target === '') {
        return '';
    }
    gate.used(who[1], now);
    return gate.guarded(r, [digests[found], member, role, principal.slice(28, 38), target]);
}

// Fetch Metadata (W3C), which browsers send where the origin is https or this machine, and Origin with all but GET and HEAD.
function isOwn(r, scheme) {
    const site = r.headersIn['Sec-Fetch-Site'], safe = r.method === 'GET' || r.method === 'HEAD';
    if (!safe && r.headersIn.Origin !== scheme + r.headersIn.Host) {
        return false;
    }
    // What is typed or bookmarked has no page to come from.
    return site === 'same-origin' || (site === undefined && scheme === 'http://')
        || (site === 'none' && safe && rules.isWebInterface('GET', gate.pathOf(r)));
}

export default {judge};
