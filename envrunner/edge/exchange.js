// GET /.restate-cloud/ui-session?code=…: a browser that comes from the console gets its cookie for this engine UI (ui.js).
//
// The control plane takes the code and says what the cookie is; the edge's tables hear of it by the feed. The answer is a page
// that goes on by itself, not a redirect: so the next request is this origin's own, and the cookie may be SameSite=Strict.

import gate from 'gate.js';

const WAITS_MS = 20, MOST_WAITS = 250;
const PAGE = '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="referrer" content="no-referrer"><meta http-equiv="refresh" content="0;url=/ui/">'
    + '<title>Engine UI</title><p><a href="/ui/">Open the engine UI</a></p></html>';
const LATE = 'The edge has not heard of your session yet. Open the engine UI from the console again in a moment.';
const UNASKED = 'The control plane does not answer, so nobody can be signed in to this engine UI now; please try again.';
const WRONG = 'This address signs a browser in to the engine UI. Open the engine UI from the console.';

// An asynchronous handler must not fail: nobody would answer then.
async function exchange(r, shared) {
    r.headersOut['Cache-Control'] = 'no-store';
    try {
        await answer(r, shared ? r.variables.host : '');
    } catch (e) {
        gate.refuse(r, 503, UNASKED);
    }
}

async function answer(r, host) {
    const tables = ngx.shared.tables, code = r.args.code;
    const label = host === '' ? tables.get(':' + r.variables.edge_port) || '-' : host.slice(0, 27), route = tables.get(label);
    const isHere = route !== undefined && (host === '' ? gate.atPort(route, false, r.variables.edge_port) : host.startsWith(label + '.env.'));
    const mode = r.headersIn['Sec-Fetch-Mode'], dest = r.headersIn['Sec-Fetch-Dest'];
    // HEAD, a prefetch or a frame must not use the code up.
    if (!isHere || r.method !== 'GET' || !/^[1-9A-HJ-NP-Za-km-z]{40,60}$/.test(code) || r.headersIn['Sec-Purpose'] !== undefined
        || (mode !== undefined && mode !== 'navigate') || (dest !== undefined && dest !== 'document')) {
        return gate.refuse(r, isHere ? 400 : 404, WRONG);
    }
    const question = JSON.stringify({environmentId: 'env_' + label, code: code});
    const reply = await r.subrequest('/.edge/ui-sessions', {method: 'POST', body: question});
    const given = reply.status === 200 ? JSON.parse(reply.responseText) : {};
    if (typeof given.name !== 'string' || typeof given.value !== 'string') {
        return typeof given.message === 'string' ? gate.refuse(r, 403, given.message) : gate.refuse(r, 503, UNASKED);
    }
    const entry = '~' + gate.digestOf(tables, 'Bearer ' + given.name + '=' + given.value);
    for (let waited = 0; !tables.has(entry); waited++) {
        if (waited === MOST_WAITS) {
            return gate.refuse(r, 503, LATE);
        }
        await new Promise((resolve) => setTimeout(resolve, WAITS_MS));
    }
    const secure = given.name.startsWith('__Host-') ? '; Secure' : '';
    r.headersOut['Set-Cookie'] = [given.name + '=' + given.value + '; Path=/; HttpOnly; SameSite=Strict' + secure];
    r.headersOut['Content-Type'] = 'text/html; charset=utf-8';
    return r.return(200, PAGE);
}

function sharedPort(r) { return exchange(r, true); }
function ownPort(r) { return exchange(r, false); }

export default {sharedPort, ownPort};
