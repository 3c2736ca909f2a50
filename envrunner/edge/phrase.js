// Some programs show of an answer its status line alone, and so do some commands of the stock CLI (docs/limits.md). What nginx
// answers itself has a fixed phrase there; what this server answers, which nobody but nginx asks, has the sentence (RFC 9112, 4).

function speak(s) {
    s.on('upstream', (data, flags) => {
        const head = data.toString();
        if (head.includes('\r\n\r\n') || flags.last) {
            const found = /\r\nX-Sentence: ([\x20-\x7e]+)\r\n/.exec(head), message = found === null ? 'Forbidden' : found[1];
            const body = JSON.stringify({message: message, restate_code: null});
            s.variables.edge_sentence = 'HTTP/1.1 403 ' + message + '\r\nContent-Type: application/json\r\nContent-Length: ' + body.length
                + '\r\nConnection: close\r\n\r\n' + body;
            s.done();
        }
    });
}

export default {speak};
