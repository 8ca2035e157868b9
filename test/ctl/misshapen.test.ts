// A daemon of another version, or something else on its socket: whatever shape an answer has, the client says what is
// the case and what to do, and never shows JavaScript.
import { createServer } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { Value } from 'typebox/value'
import { EXIT } from '../../src/contract/errors.ts'
import { METHODS } from '../../src/contract/methods.ts'
import { run } from '../../src/ctl/commands/run.ts'
import { SHAPES, type ShownMethod } from '../../src/ctl/connection/shapes.ts'
import { Screen } from '../../src/ctl/terminal/screen.ts'
import { isolatedEnv, type Teardown, temporaryFolder } from '../harness/daemon.ts'
import { ENROLMENT_REQUEST, PAIRING_REQUEST } from '../harness/requests.ts'
import { CLIENT, tallyctl } from './client.ts'
import { fakeDaemon, figures, status, summary } from './fake-daemon.ts'

/** A process number that no process has. */
const NOBODY = 99_999_999
const PROGRESS = {
  bytesDone: 5,
  bytesTotal: 10,
  filesDone: 1,
  filesTotal: 2,
  startedAt: '2026-11-20T12:00:00Z',
}

const ID = 'a'.repeat(64)
const SPENT = { calls: 2, tokens: 3, costUSD: 4.5 }
const SPANS = { today: SPENT, month: SPENT, all: { ...SPENT, costUSD: null } }
const DEVICE = {
  id: ID,
  name: 'studio',
  self: false,
  state: 'paired',
  direction: 'mutual',
  freshness: 'cached',
  asOf: '2026-11-20T12:00:00Z',
  problem: { code: 'unreachable', says: 'no answer', since: '2026-11-20T12:00:00Z' },
  address: '192.168.1.31:4765',
}
const LOGIN = {
  id: '0a1b2c3d',
  url: 'https://desk.local:4766',
  state: 'claimed',
  device: ID,
  address: 'desk.local:4765',
  label: 'laptop',
  scopes: ['usage:read'],
  member: 'ann',
  tokenId: '4f19c2aa',
  since: '2026-11-20T12:00:00Z',
  code: {
    userCode: 'WDJB-MJHT',
    verificationUri: 'https://desk.local:4766/approve',
    expiresAt: '2026-11-20T12:10:00Z',
  },
  problem: { code: 'unreachable', says: 'no answer, trying again' },
}
const SECRET = {
  name: 'maps',
  type: 'api-key' as const,
  usedBy: ['photos'],
  createdAt: '2026-11-20T12:00:00Z',
  updatedAt: '2026-11-20T12:00:00Z',
}
const CONFIG = {
  type: 'database' as const,
  name: 'photos',
  description: '',
  path: '/srv/photos',
  origin: '/srv/old',
  links: { geocodingKey: 'maps' },
  createdAt: '2026-11-20T12:00:00Z',
  updatedAt: '2026-11-20T12:00:00Z',
}
const VAULT_STATE = {
  state: 'unreadable' as const,
  key: 'keychain' as const,
  says: 'the key is in your keychain',
  path: '/home/me/vault.json',
  secrets: null,
  configs: 2,
  problem: { code: 'keychainLocked', says: 'the keychain is locked', next: 'unlock it' },
}
const INVITATION = {
  id: '1',
  state: 'waiting',
  expiresAt: '2026-11-20T12:05:00Z',
  attemptsLeft: 2,
  failed: 1,
  wrongFrom: ['192.168.1.9'],
  paired: null,
}
const COMPARISON = {
  id: '4f19c2aa',
  state: 'waiting',
  digits: '482913',
  ours: true,
  from: { id: ID, address: '192.168.1.31' },
  expiresAt: '2026-11-20T12:01:00Z',
  why: 'declined',
  paired: { id: ID, name: 'studio' },
}
const SHARING = { open: true, port: 4765, mode: 'window', until: '2026-11-20T12:05:00Z', problem: null }
const IDENTITY = { id: ID, createdAt: '2026-11-20T12:00:00Z', cloned: false }

const ENTRY = {
  seq: 2,
  at: '2026-11-20T12:05:00Z',
  what: 'refused',
  subject: { id: ID, name: 'studio', address: '192.168.1.9' },
  detail: 'not paired',
  count: 3,
  since: '2026-11-20T12:04:00Z',
}

const TRANSFER_REQUEST = {
  id: '4f19c2ac',
  kind: 'transfer',
  transfer: '0'.repeat(32),
  from: { id: ID, name: 'laptop', address: '192.168.1.31' },
  items: 4,
  openedAt: '2026-11-20T12:00:00Z',
  expiresAt: '2026-11-20T12:01:00Z',
}
const PARTY = { id: ID, name: 'laptop', address: '192.168.1.31', paired: true }
const OUTCOME = {
  saved: ['photos'],
  reused: ['places'],
  renamed: [{ name: 'minio', as: 'minio-2' }],
  replaced: ['key'],
  declined: ['old'],
}
const TRANSFER = {
  id: '0'.repeat(32),
  role: 'sender',
  state: 'committed',
  by: 'code',
  peer: PARTY,
  items: 4,
  openedAt: '2026-11-20T12:00:00Z',
  expiresAt: '2026-11-20T12:01:00Z',
  attemptsLeft: 2,
  failed: 1,
  wrongFrom: ['192.168.1.40'],
  why: null,
  outcome: OUTCOME,
}
const PREVIEW = {
  id: '0'.repeat(32),
  from: PARTY,
  expiresAt: '2026-11-20T12:01:00Z',
  items: [
    {
      kind: 'config',
      name: 'photos',
      type: 'database',
      details: { path: '/srv/photos' },
      links: { s3: 'minio' },
      collision: { type: 'database', same: false, usedBy: ['films'] },
      notes: ['there is something at /srv/photos on this machine already'],
    },
  ],
}
const GRANTED = {
  member: 'kitchen',
  scopes: ['dashboard:read'],
  label: 'fridge',
  identity: 'redacted',
  expiresAt: null,
}
const MEMBER = { name: 'kitchen', createdAt: '2026-11-20T12:00:00Z', tokens: 1, devices: [ID] }
const TOKEN = {
  id: '0a1b2c3d',
  member: 'kitchen',
  label: 'fridge',
  scopes: ['dashboard:read'],
  identity: 'redacted',
  origin: 'created',
  device: ID,
  createdAt: '2026-11-20T12:00:00Z',
  createdBy: 'owner',
  lastUsedAt: '2026-11-20T12:01:00Z',
  expiresAt: '2027-11-20T12:00:00Z',
}
const MINTED = { ...TOKEN, secret: 'tallyd_EXAMPLE' }

const DISPLAY = {
  id: 'EXAMPLE',
  state: 'waiting',
  member: 'kitchen display',
  expiresAt: '2026-11-20T12:05:00Z',
  attempts: 5,
  rejected: 1,
  token: '0a1b2c3d',
}

const QUOTA = {
  agent: 'codex',
  account: null,
  kind: 'weekly',
  label: 'week',
  windowSeconds: 604_800,
  usedPercent: 41,
  resetAt: '2026-11-24T08:00:00Z',
  observedAt: '2026-11-20T12:00:00Z',
  device: 'desk',
}

const BUDGET = {
  period: 'month',
  since: '2026-11-01T00:00:00+01:00',
  until: '2026-12-01T00:00:00+01:00',
  limitUSD: 400,
  spentUSD: 321.5,
  percent: 80.3,
  state: 'near',
  unpricedTokens: 31,
  crossed: [{ percent: 80, at: '2026-11-20T12:00:00Z' }],
}

const MONTH_SPENT = {
  since: '2026-11-01T00:00:00+01:00',
  until: '2026-12-01T00:00:00+01:00',
  costUSD: 311.07,
  unpricedTokens: 31,
}

/** What each method answers, with every key that there is. */
const SAMPLES: Readonly<Record<ShownMethod, unknown>> = {
  'daemon.hello': { version: '0.2.0', methods: ['daemon.hello'], events: ['usage.changed'] },
  'daemon.status': status({ ready: true, progress: PROGRESS, problems: 1 }),
  'daemon.paths': { paths: { socket: '/run/s', config: '/c' } },
  'daemon.stop': { stopped: { pid: NOBODY } },
  'usage.summary': summary(['day', 'model'], [{ day: '2026-11-16', model: 'a', ...figures(2, 3) }], {
    display: { currency: 'EUR', perUSD: 0.92 },
    sameLogs: [{ devices: ['desk', 'laptop'], buckets: 12 }],
    unpriced: [{ agent: 'codex', model: 'b', calls: 1, tokens: 1500 }],
  }),
  'usage.sources': {
    sources: [
      {
        agent: 'codex',
        folders: [{ path: '/x', origin: 'config', state: 'unreadable' }],
        files: 2,
        bytes: 3,
        lines: 4,
        rejected: [{ reason: 'not JSON', lines: 1, example: { file: '/x/y', line: 7 } }],
        unreadable: [{ path: '/x', code: 'EACCES' }],
        newestAt: '2026-11-16T00:00:00Z',
      },
    ],
  },
  'usage.rescan': { rescanned: { files: 1, changed: 1, lines: 2, tookMs: 3.5 } },
  'quotas.list': { quotas: [QUOTA] },
  'budgets.list': {
    timeZone: 'UTC',
    budgets: [BUDGET],
    display: { currency: 'EUR', perUSD: 0.92 },
    missing: [{ name: 'laptop', asOf: '2026-11-20T11:00:00Z' }],
  },
  'plans.list': {
    display: { currency: 'EUR', perUSD: 0.92 },
    plans: [{ agent: 'codex', priceUSD: 20, month: MONTH_SPENT, lastMonth: MONTH_SPENT }],
  },
  'quotas.observe': { observed: { windows: 1 } },
  'devices.list': {
    devices: [{ ...DEVICE, ...SPANS }],
    total: SPANS,
    display: { currency: 'EUR', perUSD: 0.92 },
  },
  'devices.rename': { renamed: { id: ID, name: 'studio' } },
  'devices.unpair': { unpaired: { id: ID, name: 'studio' } },
  'devices.block': { blocked: { id: ID, name: 'studio' } },
  'devices.unblock': { unblocked: { id: ID, name: 'studio' } },
  'devices.forget': { forgotten: { id: ID, name: 'studio' } },
  'devices.grant': { granted: { id: ID, name: 'studio' } },
  'devices.ungrant': { ungranted: { id: ID, name: 'studio' } },
  'devices.merge': { merged: { from: { id: ID, name: 'studio' }, into: { id: ID, name: 'desk' } } },
  'audit.list': { entries: [ENTRY] },
  'audit.verify': {
    verified: {
      intact: false,
      entries: 2,
      first: 1,
      head: { seq: 2, hash: ID },
      kept: 'missing',
      problems: [{ file: '/a', line: 2, says: 'no' }],
    },
  },
  'pairing.invite': {
    invited: {
      id: '1',
      code: '604218',
      expiresAt: '2026-11-20T12:05:00Z',
      port: 4765,
      addresses: ['192.168.1.31:4765'],
    },
  },
  'pairing.join': { paired: { id: ID, name: 'studio' } },
  'pairing.cancel': { cancelled: { existed: true } },
  'pairing.compare': { comparing: COMPARISON },
  'pairing.show': { invitation: INVITATION, comparison: COMPARISON },
  'requests.list': { requests: [PAIRING_REQUEST, ENROLMENT_REQUEST, TRANSFER_REQUEST] },
  'requests.approve': { approved: ENROLMENT_REQUEST, granted: GRANTED },
  'requests.deny': { denied: PAIRING_REQUEST },
  'members.list': { members: [MEMBER] },
  'members.add': { added: MEMBER },
  'members.rename': { renamed: MEMBER },
  'members.remove': { removed: MEMBER },
  'tokens.list': { tokens: [TOKEN] },
  'tokens.create': { token: MINTED },
  'tokens.revoke': { revoked: TOKEN },
  'tokens.rotate': { token: MINTED, revoked: [TOKEN] },
  'access.whoami': {
    you: {
      asker: 'token',
      member: 'kitchen display',
      token: '0a1b2c3d',
      label: 'on the fridge',
      scopes: ['usage:read'],
      expiresAt: '2026-11-21T12:00:00Z',
      device: { id: ID, name: 'desk' },
      claimedBy: 'kitchen display',
    },
  },
  'logins.list': { logins: [LOGIN] },
  'logins.begin': { login: { ...LOGIN, state: 'asking', member: null, tokenId: null } },
  'logins.end': { ended: { url: LOGIN.url, tokenId: null, revoked: false } },
  'logins.call': { answer: { error: { code: -32031, message: 'no' } } },
  'transfers.send': { offered: TRANSFER, code: '604218', port: 4765, addresses: ['192.168.1.31:4765'] },
  'transfers.receive': { received: PREVIEW, repeated: OUTCOME },
  'transfers.accept': { received: PREVIEW },
  'transfers.commit': {
    committed: {
      outcome: OUTCOME,
      unlinked: [{ config: 'photos', role: 's3', secret: 'minio' }],
      told: true,
    },
  },
  'transfers.cancel': { cancelled: { existed: true } },
  'transfers.list': { transfers: [TRANSFER] },
  'displays.pair': { pairing: DISPLAY, code: '604218', url: 'https://desk.local:4766' },
  'displays.cancel': { cancelled: { existed: true } },
  'displays.show': { pairing: DISPLAY },
  'web.launch': {
    launched: {
      url: 'http://127.0.0.1:4766/#launch=EXAMPLE',
      file: '/run/launch.html',
      expiresAt: '2026-11-20T12:01:00Z',
    },
  },
  'web.cert': { certificate: { pem: 'a\nb\n', pin: 'sha256//EXAMPLE', names: ['desk.local'] } },
  'vault.status': { vault: VAULT_STATE },
  'vault.unlock': { unlocked: VAULT_STATE },
  'vault.lock': { locked: VAULT_STATE },
  'vault.protect': { protected: VAULT_STATE },
  'secrets.list': { secrets: [SECRET] },
  'secrets.add': { added: SECRET },
  'secrets.show': { secret: { ...SECRET, fields: { apiKey: 'EXAMPLE' }, hidden: ['x'] } },
  'secrets.edit': { edited: SECRET },
  'secrets.rename': { renamed: SECRET },
  'secrets.remove': { removed: { name: 'maps', type: 'api-key', unlinked: ['photos'] } },
  'configs.list': { configs: [CONFIG] },
  'configs.add': { added: CONFIG },
  'configs.show': { config: CONFIG },
  'configs.edit': { edited: CONFIG },
  'configs.rename': { renamed: CONFIG },
  'configs.remove': { removed: CONFIG },
  'discovery.look': {
    found: [
      { id: ID, name: 'studio', shortId: 'aaaaaaaa', addresses: ['192.168.1.31:4765'], openForPairing: true },
    ],
  },
  'sharing.show': { sharing: SHARING },
  'sharing.set': { sharing: SHARING },
  'identity.show': { identity: IDENTITY },
  'identity.adopt': { adopted: IDENTITY },
  'identity.renew': { renewed: IDENTITY },
  'doctor.run': { checks: [{ level: 'warning', code: 'disk', subject: 'config', says: 'no', next: 'do' }] },
  'doctor.device': { checks: [{ level: 'broken', code: 'silent', subject: 'TLS', says: 'no', next: 'do' }] },
}

const ODD = [null, 'text', -1, 1.5, 1e300, true, {}, [null]] as const

/** `value` with one part of it left out or replaced, for every part and every replacement. */
function* mutated(value: unknown): Generator<unknown> {
  yield* ODD
  if (typeof value !== 'object' || value === null) return
  for (const [key, part] of Object.entries(value)) {
    if (Array.isArray(value)) {
      for (const other of mutated(part)) yield value.with(Number(key), other)
    } else {
      const { [key]: _, ...without } = value as Record<string, unknown>
      yield without
      for (const other of mutated(part)) yield { ...value, [key]: other }
    }
  }
}

t.test('a shape takes what the contract promises, and nothing else', async (t) => {
  for (const [method, isShown] of Object.entries(SHAPES)) {
    const { result } = METHODS[method as ShownMethod]
    const sample = SAMPLES[method as ShownMethod]
    t.ok(isShown(sample) && Value.Check(result, sample), method)
    let differing: unknown
    for (const value of mutated(sample)) {
      // Any word may stand where the contract lists words, and any count where it wants one from 1 on.
      const isWord =
        /"(?:level|freshness|origin|state|activity|mode|direction|kind|asker)":"|"(?:line|seq|count|buckets)":0/.test(
          JSON.stringify(value),
        )
      const isFine = Value.Check(result, value)
      if (isFine ? !isShown(value) : isShown(value) && !isWord) differing ??= value
    }
    t.equal(JSON.stringify(differing), undefined, method)
  }
})

/** Keeps what is printed. */
class Recorder extends Screen {
  out = ''
  err = ''
  readonly #columns: number | null
  constructor(columns: number | null) {
    super({}, CLIENT)
    this.#columns = columns
  }
  override get columns(): number | null {
    return this.#columns
  }
  override get canRedraw(): boolean {
    return this.#columns !== null
  }
  override async raw(text: string): Promise<void> {
    this.out += text
  }
  override async answer(...lines: readonly string[]): Promise<void> {
    this.out += `${lines.join('\n')}\n`
  }
  override async json(value: unknown): Promise<void> {
    this.out += JSON.stringify(value)
  }
  override async note(...lines: readonly string[]): Promise<void> {
    this.err += `${lines.join('\n')}\n`
  }
}

async function ran(home: string, argv: readonly string[], columns: number | null) {
  const screen = new Recorder(columns)
  const exit = await run(
    { argv, env: isolatedEnv(home), home, platform: process.platform, program: CLIENT },
    screen,
  )
  process.removeAllListeners('SIGINT').removeAllListeners('SIGTERM')
  process.stdout.removeAllListeners('resize')
  return { exit, out: screen.out, err: screen.err }
}

const SENTENCE =
  /^tallyctl: the daemon's answer cannot be understood \(daemon (?:0\.2\.0|of an unknown version), client \d+\.\d+\.\d+\); restart it: npx tallyctl stop && npx tallyctl start\n$/
const JAVASCRIPT =
  /undefined|NaN|Infinity|\[object|Error\b|annot read|is not (?:a function|iterable)|\n {4}at /

/** Command lines, and the methods whose answers they show. */
const COMMANDS: readonly (readonly [argv: string, methods: readonly ShownMethod[]])[] = [
  ['', ['usage.summary', 'daemon.status', 'quotas.list', 'budgets.list']],
  ['--json', ['usage.summary', 'daemon.status']],
  ['usage', ['usage.summary', 'daemon.status']],
  ['usage --csv', ['usage.summary']],
  ['usage --json', ['usage.summary']],
  ['watch', ['usage.summary', 'daemon.status']],
  ['watch --json', ['usage.summary']],
  ['quotas', ['quotas.list']],
  ['budgets', ['budgets.list']],
  ['plans', ['plans.list']],
  ['devices', ['devices.list']],
  ['requests', ['requests.list']],
  ['whoami', ['access.whoami']],
  ['members', ['members.list']],
  ['members add x', ['members.add']],
  ['members remove x', ['members.remove']],
  ['tokens', ['tokens.list']],
  ['tokens revoke 0a1b2c3d', ['tokens.revoke']],
  ['tokens rotate x', ['tokens.rotate']],
  ['approve WDJB-MJHT --member kitchen', ['requests.approve']],
  ['deny', ['requests.deny']],
  ['share', ['sharing.show']],
  ['identity', ['identity.show']],
  ['web', ['web.launch']],
  ['web cert', ['web.cert']],
  ['sources', ['usage.sources']],
  ['rescan', ['usage.rescan']],
  ['status', ['daemon.status']],
  ['status --wait 500ms', ['daemon.status']],
  ['start', ['daemon.status']],
  ['start --foreground', ['usage.summary']],
  ['doctor', ['doctor.run']],
  ['doctor laptop', ['doctor.device']],
  ['paths', ['daemon.paths']],
  ['paths socket', ['daemon.paths']],
]

/** A fake daemon whose answers can be replaced one by one. */
async function replaceable(t: Teardown) {
  const given = new Map<string, unknown>()
  let isDismissed = false
  const answer = (method: ShownMethod) => () => (given.has(method) ? given.get(method) : SAMPLES[method])
  const methods = Object.keys(SAMPLES) as ShownMethod[]
  const daemon = await fakeDaemon(t, {
    ...Object.fromEntries(methods.map((method) => [method, answer(method)])),
    'events.subscribe': ({ event }) => {
      // Who is back after the end is told no: else it would follow for ever.
      if (isDismissed) throw { code: -32601, message: 'no' }
      const method = event === 'usage.changed' ? 'usage.summary' : 'daemon.status'
      setImmediate(() => {
        daemon.send(String(event), answer(method)())
        setImmediate(() => {
          isDismissed = true
          daemon.dismiss()
        })
      })
      return { subscribed: { subscription: 1, event } }
    },
  })
  /** Before each run of a command. */
  const begin = () => {
    isDismissed = false
  }
  return { given, home: daemon.home, begin }
}

for (const [line, methods] of COMMANDS) {
  t.test(`tallyctl ${line}: no answer, however misshapen, shows JavaScript`, async (t) => {
    const { given, home, begin } = await replaceable(t)
    const argv = line === '' ? [] : line.split(' ')
    let [refused, total] = [0, 0]
    for (const method of methods) {
      // The first command that shows a method's answer tries every mutation, the others every third.
      const isFirst = COMMANDS.find(([, shown]) => shown.includes(method))?.[0] === line
      const values = [...mutated(SAMPLES[method])].filter((_, index) => isFirst || index % 3 === 0)
      for (const value of values) {
        given.set(method, value)
        total++
        // Only on a terminal does watch ask for the status too.
        const columns = line === 'watch' || total % 2 === 0 ? 90 : null
        begin()
        const { exit, out, err } = await ran(home, argv, columns)
        const isMisfit = !SHAPES[method](value)
        if (isMisfit) refused++
        const isSaid = !isMisfit || (exit === EXIT.failed && SENTENCE.test(err.split(/(?<=\n)/).at(-1) ?? ''))
        if (JAVASCRIPT.test(out + err) || !isSaid)
          throw new Error(`${method} ${JSON.stringify(value)}: ${JSON.stringify({ exit, out, err })}`)
      }
      given.delete(method)
    }
    t.ok(refused > 5, `${refused} of ${total} were refused`)
    begin()
    t.not((await ran(home, argv, null)).out, '', 'the sample itself is shown')
  })
}

t.test('stop: one that is not understood and stays is said so', async (t) => {
  const { given, home } = await replaceable(t)
  t.match(await ran(home, ['stop'], null), { exit: EXIT.ok, out: `tallyd has stopped (pid ${NOBODY})\n` })
  given.set('daemon.stop', { stopped: {} })
  const { exit, err } = await ran(home, ['stop'], null)
  t.equal(exit, EXIT.failed)
  t.match(err, SENTENCE)
})

t.test('stop: one that is not understood and ends has stopped', async (t) => {
  const daemon = await fakeDaemon(t, {
    'daemon.stop': () => {
      setTimeout(() => daemon.close(), 20)
      return 'soon'
    },
  })
  const { exit, err } = await tallyctl(daemon.home, ['stop'])
  t.strictSame([exit, err], [EXIT.ok, 'tallyd has stopped\n'])
})

t.test('what is no JSON-RPC answer is one sentence', async (t) => {
  const home = temporaryFolder(t)
  let body = ''
  const server = createServer((_, response) => response.end(body))
  await new Promise<void>((resolve) => server.listen(join(home, 'tallyd.sock'), resolve))
  t.teardown(() => server.close())
  const bodies = [
    ...['', '{', 'null', '5', '"x"', '[]', '[null]', '[null,null,null,null]', '[[]]', '{}', '[5,"x"]'],
    ...['{"error":null}', '{"error":5}', '{"error":{"code":"x","message":5,"data":7}}', '{"result":null}'],
    '[{"id":0,"error":{}},{"id":1}]',
  ]
  for (body of bodies) {
    for (const [line] of COMMANDS) {
      const { exit, out, err } = await ran(home, line === '' ? [] : line.split(' '), null)
      t.ok(exit === EXIT.failed || exit === EXIT.timeout, `${body} ${line} ${exit}`)
      t.equal(out, '')
      t.match(err, /^tallyctl: [^\n]+; [^\n]+\n$/)
      t.notMatch(err, JAVASCRIPT)
    }
  }
})
