// The edge agent's door into nginx's shared tables, on a unix socket only the operator's account can reach.
//
//   GET  /state                    {"epoch", "sequence", "lastSlot", "ports", "rendering", "master", "flights"}; the last is how
//                                  often what was counted of requests under way has been forgotten
//   GET  /keys                     every key, one a line
//   POST /apply?sequence=&epoch=   lines "key<TAB>value" set, "key" deletes; the sequence is noted last
//   GET  /used?since=seconds       lines "keyId<TAB>seconds" of the keys used since then
//   GET  /sequence                 epoch and sequence of the tables, as text
//   POST /standing                 lines "digest<TAB>member<TAB>role" of calls under way: a line for each, empty when the
//                                  right still stands, else what is gone: "token" or "member" ("-": nobody's, of a key)
//   POST /flights                  what was counted of requests under way is forgotten (limits.js)
//   POST /throttled                lines "count<TAB>kind<TAB>label<TAB>principal" of refusals since this was asked last

const ALL = 100000000;

function state(r) {
    const tables = ngx.shared.tables;
    r.headersOut['Content-Type'] = 'application/json';
    r.return(200, JSON.stringify({
        epoch: tables.get('.epoch') || '',
        sequence: Number(tables.get('.sequence') || -1),
        lastSlot: Number(r.variables.edge_last_slot),
        rendering: r.variables.edge_rendering,
        ports: r.variables.edge_ports,
        master: process.ppid,
        flights: ngx.shared.flights.get('.') || 0,
    }));
}

function keys(r) {
    r.return(200, ngx.shared.tables.keys(ALL).join('\n'));
}

function apply(r) {
    const tables = ngx.shared.tables;
    const lines = (r.requestText || '').split('\n');
    for (let n = 0; n < lines.length; n++) {
        const tab = lines[n].indexOf('\t');
        if (tab > 0) {
            tables.set(lines[n].slice(0, tab), lines[n].slice(tab + 1));
        } else if (lines[n] !== '') {
            tables.delete(lines[n]);
        }
    }
    if (r.args.sequence !== undefined) {
        tables.set('.epoch', r.args.epoch);
        tables.set('.sequence', r.args.sequence);
    }
    r.return(204);
}

function used(r) {
    const since = Number(r.args.since);
    const lines = ngx.shared.used.items(ALL).filter((item) => item[1] >= since).map((item) => item[0] + '\t' + item[1]);
    r.return(200, lines.join('\n'));
}

function flights(r) {
    ngx.shared.flights.incr('.', 1, 0);
    r.return(204);
}

function throttled(r) {
    const found = ngx.shared.throttled;
    const lines = found.items(ALL).map((item) => {
        // Not deleted: another worker may count meanwhile. What nobody counts is forgotten in time.
        found.incr(item[0], -item[1], 0);
        return item[1] + '\t' + item[0];
    });
    // The others are about principals, and begin with a limit's kind.
    r.return(200, lines.filter((line) => line.split('\t').length === 4 && !line.startsWith('0')).join('\n'));
}

function sequence(r) {
    const tables = ngx.shared.tables;
    r.return(200, (tables.get('.epoch') || '') + ' ' + (tables.get('.sequence') || ''));
}

function standing(r) {
    const tables = ngx.shared.tables;
    const verdicts = (r.requestText || '').split('\n').map((line) => {
        const call = line.split('\t');
        return !tables.has(call[0]) ? 'token' : call[1] !== '-' && tables.get(call[1]) !== call[2] ? 'member' : '';
    });
    r.return(200, verdicts.join('\n'));
}

export default {state, keys, apply, used, flights, throttled, sequence, standing};
