// Ways to break a counting rule, and the fixture that has to fail with each: proof that the fixtures can fail.
// `npm run mutations` tries them all; mutations.test.ts sees to it that each still applies.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what is replaced is source text

import { posix } from 'node:path'

const CLAUDE = 'sources/claude-code.ts'
const CLAUDE_SCAN = '../../scanner/claude.ts'
const CODEX = 'sources/codex.ts'
const CODEX_FOUND = 'sources/codex-found.ts'
const CODEX_SCAN = '../../scanner/codex.ts'
const FIELDS = 'sources/fields.ts'
const LEDGER = 'ledger/ledger.ts'
const TELLINGS = 'ledger/tellings.ts'
const ACCOUNTS = 'ledger/accounts.ts'
const READER = 'index/reader.ts'
const ACTIVITY = 'activity.ts'

const CLAUDE_ID = "string(message['id']) ?? request ?? string(line['uuid'])"
const CLAUDE_KEY = 'key: keyOf(`claude-code ${id}`),'
const CLAUDE_SESSION = "string(line['sessionId']) ?? memory.session"
const CLAUDE_TURN = 'const before = sameMessage || memory.usedTool ? memory.turn : NEW_TURN'
const CODEX_TOTAL = '${total[0]} ${total[1]} ${total[2]} ${total[3]}'
const CODEX_KEY = `\`${CODEX_TOTAL} / \${own}\``
const CODEX_PARENTS = "const parents = [string(payload['forked_from_id']), string(spawned)]"
const CLEAN_NAME = "printable(text(value), ' ').trim().slice(0, NAME_CAP)"

/** What is broken, in which file, by which exact texts and their replacements, and which fixture fails then. */
// biome-ignore format: a table, one row a line
const ROWS = [
  ['every line of a stream is a call', CLAUDE, [[CLAUDE_KEY, 'key: keyOf(`claude-code ${id} ${line["uuid"]} ${at}`),']], 'claude-code/streamed-lines'],
  ['first line wins the numbers', TELLINGS, [['    if (wins) this.#writeNumbers(row, seen)\n', '']], 'claude-code/streamed-lines'],
  ["last line's time", TELLINGS, [['Math.min(seen.at, first)', 'Math.max(seen.at, first)']], 'claude-code/streamed-across-midnight'],
  ['a copy in another session is another call', CLAUDE, [[CLAUDE_KEY, 'key: keyOf(`claude-code ${id} ${line["sessionId"]}`),']], 'claude-code/resumed-copy'],
  ['copies do not join sessions', TELLINGS, [['    if (kin !== null) this.join(calls.table.of.session[kin]!, session)\n', '']], 'claude-code/resumed-copy'],
  ['last read wins', TELLINGS, [['if (seen.rank !== of.rank[row]) return seen.rank > of.rank[row]!', 'if (seen.rank !== of.rank[row]) return true']], 'claude-code/resumed-partial-copy'],
  ['sidechains have requests of their own', CLAUDE, [[" && line['isSidechain'] !== true", '']], 'claude-code/sidechain-replay'],
  ['replays are not covered', TELLINGS, [['    if (covered) return\n', '']], 'claude-code/sidechain-replay'],
  ['replays read first stay', TELLINGS, [['    if (row === null) {\n      const added', "    if (row === null || (calls.table.of.kind[row] === KIND.replay && seen.apart !== 'replay')) {\n      const added"]], 'claude-code/sidechain-replay'],
  ['session by file only', CLAUDE, [[CLAUDE_SESSION, 'memory.session']], 'claude-code/subagent-session'],
  ['no request id, no call', CLAUDE, [['if (id === undefined) throw', 'if (id === undefined || request === undefined) throw']], 'claude-code/missing-request-id'],
  ['no fallback to request id', CLAUDE, [[CLAUDE_ID, "string(message['id']) ?? string(line['uuid'])"]], 'claude-code/missing-message-id'],
  ['no fallback to uuid', CLAUDE, [[CLAUDE_ID, "string(message['id']) ?? request"]], 'claude-code/missing-message-id'],
  ['message id only', CLAUDE, [["apart: ownRequest ? keyOf(request).a : 'replay',", "apart: ownRequest ? 0 : 'replay',"]], 'claude-code/two-requests-one-message'],
  ['synthetic counts', CLAUDE, [[" || message['model'] === '<synthetic>'", '']], 'claude-code/synthetic-model'],
  ['any type counts', CLAUDE, [["line['type'] !== 'assistant' || ", ''], ["type === 'assistant' ? 'read' : 'skip'", "'search'"]], 'claude-code/tool-result-usage'],
  ['marker with colon', CLAUDE, [['marker: \'"usage"\',', 'marker: \'"usage":\',']], 'claude-code/white-space'],
  ['blank lines are rejected', READER, [[" && bytes.toString('latin1', from, end).trim() !== ''", '']], 'claude-code/white-space'],
  ['1 h writes unknown', CLAUDE, [["const cacheWrite1h = count(split['ephemeral_1h_input_tokens'])", 'const cacheWrite1h = 0']], 'claude-code/cache-writes-split'],
  ['split not read', CLAUDE, [["isFields(usage['cache_creation']) ? usage['cache_creation'] : {}", '{}']], 'claude-code/cache-writes-split'],
  ['unsplit writes lost', CLAUDE, [['cacheWrite5m: Math.max(cacheWrite5m, written - cacheWrite1h),', 'cacheWrite5m,']], 'claude-code/cache-writes-unsplit'],
  ['web searches lost', CLAUDE, [["webSearches: count(web['web_search_requests']),", 'webSearches: 0,']], 'claude-code/web-searches'],
  ['word usage suffices', CLAUDE, [["message['usage'] === undefined || ", '']], 'claude-code/text-like-usage'],
  ['names left as bytes', FIELDS, [["isUtf8(bytes) ? bytes.toString('utf8') : latin1", 'latin1']], 'claude-code/foreign-names'],
  ['names always decoded', FIELDS, [[" || /[^\\0-\\u00ff]/.test(latin1)", ''], ["isUtf8(bytes) ? bytes.toString('utf8') : latin1", "bytes.toString('utf8')"]], 'claude-code/foreign-names'],
  ['what is no UTF-8 is decoded', FIELDS, [["isUtf8(bytes) ? bytes.toString('utf8') : latin1", "bytes.toString('utf8')"]], 'claude-code/foreign-names'],
  ['names in an object', '../tallies/names.ts', [['#ids = new Map<string, number>()', '#ids: Record<string, number> = {}'], ['this.#ids.get(name)', 'this.#ids[name]'], ['this.#ids.set(name, id)', 'this.#ids[name] = id']], 'claude-code/names-are-data'],
  ['only equal requests join sessions', TELLINGS, [['      kin = row\n', "      if (kind === KIND.replay ? seen.apart === 'replay' : of.apart[row] === seen.apart) kin = row\n"]], 'claude-code/copies-join-sessions'],
  ['one config dir', CLAUDE, [["configured.split(',').map(", "configured.split(',').slice(0, 1).map("]], 'claude-code/config-dir-list'],
  ['config dir ignored', CLAUDE, [["if (configured !== undefined && configured.trim() !== '') {", "if (configured === 'never') {"]], 'claude-code/config-dir-list'],
  ['~/.config/claude forgotten', CLAUDE, [["join(home, '.claude', 'projects'), join(config, 'claude', 'projects')", "join(home, '.claude', 'projects')"]], 'claude-code/two-usual-folders'],
  ['any file is a log', CLAUDE, [["isLog: (path) => path.endsWith('.jsonl'),", 'isLog: () => true,']], 'claude-code/two-usual-folders'],
  ['negative passes', FIELDS, [["  if (!(value >= 0)) throw new Rejected('a count is negative')\n", '']], 'claude-code/odd-numbers'],
  ['strings pass', FIELDS, [["if (typeof value !== 'number') throw new Rejected('a count is not a number')", "if (typeof value !== 'number') return Number(value)"]], 'claude-code/odd-numbers'],
  ['no cap', FIELDS, [["  if (value > NUMBER_CAP) throw new Rejected('a count is too large to be true')\n", '']], 'claude-code/odd-numbers'],
  ['fractions pass', FIELDS, [["  if (!Number.isInteger(value)) throw new Rejected('a count is not a whole number')\n", '']], 'claude-code/odd-numbers'],
  ['null rejected', FIELDS, [['if (value === undefined || value === null) return 0', 'if (value === undefined) return 0']], 'claude-code/odd-numbers'],
  ['future passes', FIELDS, [['  if (at > now + DAY) throw new Rejected(FUTURE)\n', '']], 'claude-code/odd-times'],
  ['1999 passes', FIELDS, [["  if (at < EARLIEST) throw new Rejected('the time is before 2020')\n", '']], 'claude-code/odd-times'],
  ['NaN passes', FIELDS, [["  if (Number.isNaN(at)) throw new Rejected('the time cannot be read')\n", '']], 'claude-code/odd-times'],
  ['no tail', READER, [['    if (!skipping) pass.tail(this.#buffer.subarray(0, have))\n', '']], 'claude-code/no-last-line-feed'],
  ['session counted at first told', ACCOUNTS, [['if (start !== NO_CALL && !this.#isEarlier(row, start)) return', 'if (start !== NO_CALL) return']], 'claude-code/session-first-call'],
  ['session counted per call', ACCOUNTS, [['      if (start !== NO_CALL && !this.#isEarlier(row, start)) return\n', ''], ['      if (start !== NO_CALL) this.#addSession(start, -1)\n', '']], 'claude-code/session-first-call'],
  ['no session by file', CLAUDE, [[CLAUDE_SESSION, "string(line['sessionId']) ?? ''"]], 'claude-code/session-by-file'],
  ['tools per line', CLAUDE, [["${string(block['id']) ?? `${call.key.a} ${call.key.b} ${index}`}", '${call.at} ${index}']], 'claude-code/tools-once'],
  ['tools at the time last told', LEDGER, [['if (quarter >= of.quarter[row]!) return', 'if (quarter <= of.quarter[row]!) return']], 'claude-code/tools-once'],
  ['server tools ignored', CLAUDE, [[" || block['type'] === 'server_tool_use'", '']], 'claude-code/tools-once'],
  ['broken JSON passes over in silence', FIELDS, [["throw new Rejected('not JSON')", 'return {}']], 'claude-code/broken-lines'],
  ['no object, no word', READER, [["        reject(this.#file, 'not a JSON object', this.#file.lines)\n", '        return\n']], 'claude-code/broken-lines'],
  ['control characters kept', FIELDS, [[CLEAN_NAME, 'text(value).trim().slice(0, NAME_CAP)']], 'claude-code/odd-names'],
  ['names uncapped', FIELDS, [[CLEAN_NAME, "printable(text(value), ' ').trim()"]], 'claude-code/odd-names'],
  ['names of any type', FIELDS, [["if (typeof value !== 'string') throw new Rejected('a name is not a string')", "if (typeof value !== 'string') return String(value)"]], 'claude-code/odd-names'],
  ['bands at the edge', '../tallies/bands.ts', [['tokens > BAND_EDGES[band]!', 'tokens >= BAND_EDGES[band]!']], 'claude-code/prompt-bands'],
  ['bands without cache', ACCOUNTS, [['const prompt = of.input[row]! + of.cacheRead[row]! + of.cacheWrite5m[row]! + of.cacheWrite1h[row]!', 'const prompt = of.input[row]!']], 'claude-code/prompt-bands'],
  ['what used no tool is exploring', ACTIVITY, [['row === undefined ? 0 :', 'row === undefined ? 1 :']], 'claude-code/activity-conversation'],
  ['no exploring', ACTIVITY, [["  [USED.explored, 'exploring'],\n", '']], 'claude-code/activity-exploring'],
  ['no planning', ACTIVITY, [["  [USED.planned, 'planning'],\n", '']], 'claude-code/activity-planning'],
  ['no delegating', ACTIVITY, [["  [USED.delegated, 'delegating'],\n", '']], 'claude-code/activity-delegating'],
  ['no git', ACTIVITY, [["  [USED.git, 'git'],\n", '']], 'claude-code/activity-git'],
  ['no building', ACTIVITY, [["  [USED.built, 'building'],\n", '']], 'claude-code/activity-building'],
  ['no testing', ACTIVITY, [["  [USED.tested, 'testing'],\n", '']], 'claude-code/activity-testing'],
  ['no coding', ACTIVITY, [["  [USED.edited, 'coding'],\n", '']], 'claude-code/activity-coding'],
  ['no debugging', ACTIVITY, [["  [USED.rerun, 'debugging'],\n", '']], 'claude-code/activity-debugging'],
  ['a turn never ends', CLAUDE, [[CLAUDE_TURN, 'const before = memory.turn']], 'claude-code/activity-coding'],
  ['every call a turn', CLAUDE, [[CLAUDE_TURN, 'const before = sameMessage ? memory.turn : NEW_TURN']], 'claude-code/activity-debugging'],
  ['only new calls get the activity', ACTIVITY, [['  if (activity > activityOf(before)) return after.calls.map((call) => seenOf(call, session, activity))\n', '']], 'claude-code/activity-coding'],
  ['order of the table', ACTIVITY, [["  [USED.rerun, 'debugging'],\n  [USED.edited, 'coding'],\n", "  [USED.edited, 'coding'],\n  [USED.rerun, 'debugging'],\n"]], 'claude-code/activity-debugging'],
  ['repeats are calls', CODEX, [[CODEX_KEY, `\`${CODEX_TOTAL} / \${own} \${at}\``]], 'codex/repeated-counts'],
  ['info null is rejected', CODEX, [['if (info === null || info === undefined) return', 'if (info === undefined) return']], 'codex/info-null'],
  ['zeros are a call', CODEX, [['const isEmpty = input === 0', 'const isEmpty = input === -1']], 'codex/info-null'],
  ['cached added to input', CODEX, [['input: input - cacheRead,', 'input,']], 'codex/cached-inside-input'],
  ['reasoning added to output', CODEX, [['    output,\n    cacheRead,\n', '    output: output + reasoning,\n    cacheRead,\n']], 'codex/reasoning-inside-output'],
  ['first model of the file', CODEX, [["payload['model'] === undefined ? memory.model : name(payload['model'], NO_MODEL)", "memory.model ?? name(payload['model'], NO_MODEL)"]], 'codex/model-of-turn'],
  ['late model ignored', CODEX, [['    model === null\n      ? []\n', '    model !== undefined\n      ? []\n']], 'codex/model-named-late'],
  ['nameless calls dropped', CODEX, [['events: [call, ...activities(memory, turn)],', 'events: memory.model === null ? [] : [call, ...activities(memory, turn)],']], 'codex/model-never-named'],
  ['forks are not linked', CODEX, [[CODEX_PARENTS, 'const parents = [string(spawned)]'], ['  if (memory.named) parents.push(id)\n', '']], 'codex/fork-replay-later'],
  ['latest telling wins', 'event.ts', [['return -at - (', 'return at - (']], 'codex/fork-replay-with-turns'],
  ['certainty of the model does not count', 'event.ts', [["return -at - (model === 'told' ? 0 : model === 'assumed' ? 1e15 : 2e15)", 'return -at']], 'codex/fork-replay-earlier'],
  ['kin that met late keep their copies', TELLINGS, [['if (this.#accounts.joined(root, joined)) this.#joinTwins(root)', 'this.#accounts.joined(root, joined)']], 'codex/fork-of-fork'],
  ['copies found at the end stay', LEDGER, [['    for (let row = 0; row < length; row++) if (of.kind[row] === KIND.family) this.#tellings.dropTwins(row)\n', '']], 'codex/fork-of-fork'],
  ['the key has the session', CODEX, [[CODEX_KEY, `\`\${a} \${b} ${CODEX_TOTAL} / \${own}\``]], 'codex/fork-without-parent'],
  ['requests of equal size are one call', CODEX, [[CODEX_KEY, 'own']], 'codex/repeated-counts'],
  ['forks have no calls of their own', CODEX, [['  const turn = addCall(memory.turn, call)\n', '  if (memory.forked) return { memory, events: [] }\n  const turn = addCall(memory.turn, call)\n']], 'codex/fork-and-parent-go-on'],
  ['replays tell activities', CODEX, [['return forked && model === null ? [] : tellActivity', 'return tellActivity']], 'codex/fork-activity'],
  ['spawned threads are sessions', CODEX, [[CODEX_PARENTS, "const parents = [string(payload['forked_from_id'])]"]], 'codex/thread-spawn'],
  ['keys are global', TELLINGS, [['        if (register.rootOf(of.session[row]!) === register.rootOf(session))\n          return', '        return']], 'codex/unrelated-twins'],
  ['totals taken as calls', CODEX, [['return total.map((value, i) => Math.max(0, value - memory.total[i]!)) as unknown as Totals', 'return total']], 'codex/total-only'],
  ['total required', CODEX, [['const total = isFields(running) ? totalsOf(running) : null', "if (!isFields(running)) throw new Rejected('no total')\n  const total: Totals | null = totalsOf(running)"]], 'codex/last-only'],
  ['no archive', CODEX, [["['sessions', 'archived_sessions']", "['sessions']"]], 'codex/archived-sessions'],
  ['any jsonl', CODEX, [['isLog: (path) => /(^|\\/)rollout-[^/]*\\.jsonl$/.test(path),', "isLog: (path) => path.endsWith('.jsonl'),"]], 'codex/archived-sessions'],
  ['CODEX_HOME ignored', CODEX, [["const own = env['CODEX_HOME']", "const own = env['NO_CODEX_HOME']"]], 'codex/codex-home'],
  ['only the usual key order', CODEX, [["if (usual === null) return 'search'", "if (usual === null) return 'skip'"]], 'codex/other-key-order'],
  ['tools per telling', CODEX, [['key: keyOf(`codex ${id}`), tool', 'key: keyOf(`codex ${id} ${at}`), tool']], 'codex/tools-once'],
  ['web search has no id', CODEX, [["?? string(payload['id']) ?? `", '?? `']], 'codex/tools-once'],
  ['turn goes on over contexts', CODEX, [['memory: { session, named, model, forked, total, turn: NEW_TURN, nameless }', 'memory: { ...memory, model, nameless }']], 'codex/turn-activity'],
  ['turn goes on over tasks', CODEX, [['memory: after(memory, NEW_TURN), events: []', 'memory, events: []']], 'codex/turn-activity'],
  ['a list is no command', CODEX, [["  if (Array.isArray(action)) return action.filter((word) => typeof word === 'string').join(' ')\n", '']], 'codex/turn-activity'],
  ['scanned: synthetic counts', CLAUDE_SCAN, [['<synthetic>', '<none>']], 'claude-code/synthetic-model'],
  ['scanned: sidechains have requests of their own', CLAUDE_SCAN, [[' || isSidechain', '']], 'claude-code/sidechain-replay'],
  ['scanned: session by file only', CLAUDE_SCAN, [[' | (hasSession ? 2 : 0)', '']], 'claude-code/subagent-session'],
  ['scanned: 1 h writes unknown', CLAUDE_SCAN, [['const written1h = countOf(WRITTEN_1H)', 'const written1h: u32 = 0']], 'claude-code/cache-writes-split'],
  ['scanned: unsplit writes lost', CLAUDE_SCAN, [['max(countOf(WRITTEN_5M), rest)', 'countOf(WRITTEN_5M)']], 'claude-code/cache-writes-unsplit'],
  ['scanned: web searches lost', CLAUDE_SCAN, [['countOf(SEARCHES)', '0']], 'claude-code/web-searches'],
  ['scanned: server tools ignored', '../../scanner/claude-blocks.ts', [["'server_tool_use'", "'none'"]], 'claude-code/tools-once'],
  ['scanned: reasoning lost', CODEX_SCAN, [["'reasoning_output_tokens'", "'none'"]], 'codex/reasoning-inside-output'],
  ['scanned: nothing was cached', CODEX_SCAN, [["'cached_input_tokens'", "'none'"]], 'codex/cached-inside-input'],
  ['scanned: tools per time', CODEX_SCAN, [['hash(PREFIX, charactersOf(CALL_ID), lengthOf(CALL_ID))', 'hash(PREFIX, charactersOf(TIMESTAMP), 24)']], 'codex/tools-once'],
  ['scanned: shells have no command', CODEX_FOUND, [['isShell(tool) ? found.string(8) : undefined', 'undefined']], 'codex/shell-activity'],
  ['scanned: commands only among arguments', CODEX_SCAN, [['isString(ARGUMENTS) ? ARGUMENTS : INPUT', 'ARGUMENTS']], 'codex/shell-activity'],
  ['scanned: turns have no model', CODEX_FOUND, [["{ kind: 'turn', model: found.name(2, models) }", "{ kind: 'turn', model: null }"]], 'codex/model-of-turn'],
  ['more cached than input', CODEX, [['Math.min(cached, input)', 'cached']], 'codex/odd-numbers'],
  ['more reasoning than output', CODEX, [['Math.min(reasoning, output)', 'reasoning']], 'codex/odd-numbers'],
]

const TEST = 'test/daemon/usage/fixtures.test.ts'

/** What scripts/mutations.mjs reads: paths from the root of the project. */
export const MUTATIONS = ROWS.map(([says, file, changes, fixture]) => ({
  says,
  file: posix.join('src/daemon/usage', file),
  changes: changes.map(([text, replacement]) => ({ text, replacement })),
  test: TEST,
  /** Begins the name of the test that has to fail. */
  fails: `${fixture}: `,
}))
