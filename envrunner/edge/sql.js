// May this body of POST /query run? Only one statement that reads.
//
// The engine refuses to write data by SQL, but it accepts SET, RESET and PREPARE, and a SET stays in force for every
// later query. Where two SQL readers could disagree about what is a comment, the statement is refused, not guessed at.
// Scanned by hand where it matters: on long input a regular expression gives up with an exception.

const DOUBTFUL = 'This statement has a comment or a character that can be read in more than one way; please remove it.';

// Returns '' when it may run, else one sentence that says why not.
function refusal(body) {
    const statement = statementOf(body);
    if (statement === null) {
        return 'The body must be exactly one JSON object {"query": "..."}.';
    }
    const bare = bareText(statement);
    if (bare === null) {
        return DOUBTFUL;
    }
    const spaced = bare.replace(/[ \t\r\n]+/g, ' ').replace(/^ /, '').replace(/ $/, '');
    const text = spaced.endsWith(';') ? spaced.slice(0, -1).replace(/ $/, '') : spaced;
    if (text.indexOf(';') !== -1) {
        return 'Only one statement can be sent at a time.';
    }
    const word = (/^[A-Za-z]+/.exec(text) || [''])[0].toUpperCase();
    if (['SELECT', 'WITH', 'SHOW', 'EXPLAIN', 'DESCRIBE'].indexOf(word) === -1) {
        return 'Only statements that read are allowed: SELECT, WITH, SHOW, EXPLAIN or DESCRIBE.';
    }
    if (word === 'EXPLAIN' && !/^EXPLAIN (ANALYZE )?(VERBOSE )?(FORMAT [a-z]+ )?(SELECT|WITH)\b/i.test(text)) {
        return 'EXPLAIN is allowed for SELECT and WITH only.';
    }
    if (word === 'DESCRIBE' && !/^DESCRIBE ?([a-z_]\w*|"")(\.([a-z_]\w*|""))*$/i.test(text)) {
        return 'DESCRIBE is allowed for the name of a table only.';
    }
    return '';
}

// The one member "query" of the one object that the body is; null when it is anything else. A second "query" would let
// the engine read another statement than the one judged here.
function statementOf(body) {
    const key = body.indexOf('"');
    const keyEnd = endOfJsonString(body, key);
    const value = keyEnd < 0 ? -1 : body.indexOf('"', keyEnd + 1);
    const valueEnd = endOfJsonString(body, value);
    if (valueEnd < 0) {
        return null;
    }
    const around = body.slice(0, key) + 'S' + body.slice(keyEnd + 1, value) + 'S' + body.slice(valueEnd + 1);
    if (around.replace(/[ \t\r\n]+/g, '') !== '{S:S}') {
        return null;
    }
    try {
        const query = JSON.parse(body).query;
        return typeof query === 'string' ? query : null;
    } catch (e) {
        return null;
    }
}

function endOfJsonString(text, start) {
    let end = start;
    while (end >= 0 && (end = text.indexOf('"', end + 1)) >= 0) {
        let escapes = 0;
        while (text[end - 1 - escapes] === '\\') {
            escapes++;
        }
        if (escapes % 2 === 0) {
            return end;
        }
    }
    return -1;
}

// Comments become a blank and quoted parts an empty pair of quotes; null when the reading is doubtful.
function bareText(sql) {
    if (/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029`]|\r(?!\n)/.test(sql)) {
        return null;
    }
    const special = /['"]|--|\/\*|\*\//g;
    let bare = '', from = 0, found;
    while ((found = special.exec(sql)) !== null) {
        const mark = found[0];
        const end = mark === '--' ? endOfLine(sql, found.index) : mark === '/*' ? endOfComment(sql, found.index)
            : mark === '*/' ? -1 : endOfQuoted(sql, found.index, mark);
        if (end < 0) {
            return null;
        }
        bare += sql.slice(from, found.index) + (mark.length === 1 ? '""' : ' ');
        special.lastIndex = from = end;
    }
    return bare + sql.slice(from);
}

function endOfLine(sql, start) {
    const end = sql.indexOf('\n', start);
    return end < 0 ? sql.length : end;
}

// A comment within a comment ends differently for different readers.
function endOfComment(sql, start) {
    const end = sql.indexOf('*/', start + 2), inner = sql.indexOf('/*', start + 2);
    return end < 0 || (inner >= 0 && inner < end) ? -1 : end + 2;
}

function endOfQuoted(sql, start, quote) {
    const end = sql.indexOf(quote, start + 1);
    return end < 0 ? -1 : end + 1;
}

export default {refusal, DOUBTFUL};
