// May this body of POST /query run? Only one statement that reads.
//
// The engine refuses to write data by SQL, but it accepts SET, RESET and PREPARE, and a SET stays in force for every later query.
// Where two SQL readers could disagree about what is a comment, the statement is refused instead of guessed at.

const STRINGS = /"(?:[^"\\]|\\.)*"/g;
const READERS = {SELECT: 1, WITH: 1, SHOW: 1, EXPLAIN: 1, DESCRIBE: 1};
const EXPLAINED = /^EXPLAIN\s+(?:ANALYZE\s+)?(?:VERBOSE\s+)?(?:FORMAT\s+[A-Za-z]+\s+)?(?:SELECT|WITH)\b/i;
const DESCRIBED = /^DESCRIBE\s+(?:[A-Za-z_]\w*|S)(?:\.(?:[A-Za-z_]\w*|S))*$/i;

// Returns '' when it may run, else one sentence that says why not.
function refusal(body) {
    const statement = statementOf(body);
    if (statement === null) {
        return 'The body must be exactly one JSON object {"query": "..."}.';
    }
    const bare = withoutComments(statement);
    if (bare === null) {
        return 'This statement has a comment or a character that cannot be read in one way only; please remove it.';
    }
    const text = bare.replace(/^[ \t\r\n]+/, '').replace(/[ \t\r\n]*;?[ \t\r\n]*$/, '');
    if (text.indexOf(';') !== -1) {
        return 'Only one statement can be sent at a time.';
    }
    const word = (/^[A-Za-z]+/.exec(text) || [''])[0].toUpperCase();
    if (READERS[word] !== 1) {
        return 'Only statements that read are allowed: SELECT, WITH, SHOW, EXPLAIN or DESCRIBE.';
    }
    if (word === 'EXPLAIN' && !EXPLAINED.test(text)) {
        return 'EXPLAIN is allowed for SELECT and WITH only.';
    }
    if (word === 'DESCRIBE' && !DESCRIBED.test(text)) {
        return 'DESCRIBE is allowed for the name of a table only.';
    }
    return '';
}

// A second "query" member would let the engine read another statement than the one judged here.
function statementOf(body) {
    if (body.replace(STRINGS, 'S').replace(/[ \t\r\n]/g, '') !== '{S:S}') {
        return null;
    }
    try {
        const query = JSON.parse(body).query;
        return typeof query === 'string' ? query : null;
    } catch (e) {
        return null;
    }
}

// Comments become a blank and quoted parts the letter S; null when the reading is doubtful.
function withoutComments(sql) {
    if (/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029]|\r(?!\n)/.test(sql)) {
        return null;
    }
    const bare = sql.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*(?:[^*\/]|\*(?!\/)|\/(?!\*))*\*\//g,
        (part) => part[0] === '-' || part[0] === '/' ? ' ' : 'S');
    return /['"`]|--|\/\*|\*\//.test(bare) ? null : bare;
}

export default {refusal};
