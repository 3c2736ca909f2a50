// An environment's limits: requests per second, requests in flight, largest body (docs/limits.md). gate.js asks here; fast.js
// repeats the plain case. The columns of a route are those of gate.js.
//
// Counted in the shared tables:
//   rates      label + second % 4              requests judged in that second
//   flights    label + generation              requests under way; '.' is the generation, which the edge agent raises when a
//                                              worker of nginx has ended: what that one had counted nobody will take back
//   throttled  kind TAB label TAB principal    refusals since the agent asked last; TAB label: how many such principals
//
// The header fields are those of draft-ietf-httpapi-ratelimit-headers-10.

const ASK = ' or ask an owner or admin of the account for a higher limit: rcloud env limits set.';
const MOST_NAMED = 50;

// Returns '' when the request may go on, else why not. A request is counted once, however often it is judged.
// The first of `words` is who asks, the second how often per second a restricted key may.
function excess(r, label, route, words) {
    const who = words[0], largest = Number(route.slice(18, 28));
    if (r.method !== 'GET' && Number(r.variables.content_length || 0) > largest) {
        note(label, 'request_size', who);
        return 'This environment takes request bodies of no more than ' + largest + ' bytes. Send less,' + ASK;
    }
    const perSecond = Number(route.slice(11, 18)), inFlight = Number(route.slice(35, 41));
    if (r.variables.edge_counted !== '1') {
        if (words.length > 1 && words[1] !== '-' && isOver(who, Number(words[1]))) {
            note(label, 'key_requests_per_second', who);
            return tooMany(r, 'key-requests-per-second', words[1], 'This API key may make no more than ' + words[1]
                + ' requests per second. Try again in a second, or use a key that may make more.');
        }
        if (perSecond > 0 && isOver(label, perSecond)) {
            note(label, 'requests_per_second', who);
            return tooMany(r, 'environment-requests-per-second', perSecond, 'This environment takes no more than ' + perSecond
                + ' requests per second, of all its callers together. Try again in a second,' + ASK);
        }
        r.variables.edge_counted = '1';
    }
    if (inFlight > 0 && !r.variables.edge_flight && !takeOff(r, label, inFlight)) {
        note(label, 'requests_in_flight', who);
        return tooMany(r, 'environment-requests-in-flight', inFlight, 'This environment takes no more than ' + inFlight
            + ' requests at the same time, of all its callers together; each counts until its answer has ended. '
            + 'Try again when some have,' + ASK);
    }
    return '';
}

// Whether there is one more this second than `most`; `subject` is a label or a key's id.
function isOver(subject, most) {
    return ngx.shared.rates.incr(subject + (Math.floor(Date.now() / 1000) % 4), 1, 0) > most;
}

function takeOff(r, label, most) {
    const flights = ngx.shared.flights, flight = label + flights.get('.');
    if (flights.incr(flight, 1, 0) > most) {
        flights.incr(flight, -1, 0);
        return false;
    }
    r.variables.edge_flight = flight;
    return true;
}

// The header fields of a 429; returns the text.
function tooMany(r, policy, quota, text) {
    const flight = policy.endsWith('in-flight');
    r.headersOut['Retry-After'] = '1';
    r.headersOut['RateLimit-Policy'] = '"' + policy + '";q=' + quota + (flight ? ';qu="concurrent-requests"' : ';w=1');
    r.headersOut['RateLimit'] = '"' + policy + '";r=0' + (flight ? '' : ';t=1');
    return text;
}

// One environment gets so many lines and no more, so that nobody's counts push out another's.
function note(label, kind, who) {
    const throttled = ngx.shared.throttled, key = kind + '\t' + label + '\t';
    if (throttled.get(key + who) > 0) {
        throttled.incr(key + who, 1, 0);
    } else {
        throttled.incr(key + (throttled.incr('\t' + label, 1, 0) > MOST_NAMED ? '' : who), 1, 0);
    }
}

export default {excess, note};
