// What a connection begins with: HTTP/2 with prior knowledge (RFC 9113, 3.3), or HTTP/1.1. Looked at, not taken.

const PREFACE = 'PRI * HTTP/2.0\r\n';

function look(s) {
    s.on('upload', (data, flags) => {
        const same = data.slice(0, PREFACE.length) === PREFACE.slice(0, data.length);
        if (!same || data.length >= PREFACE.length || flags.last) {
            s.variables.edge_kind = same && data.length >= PREFACE.length ? '.h2' : '';
            s.done();
        }
    });
}

export default {look};
