// `doctor --report` with a real daemon whose owner left a text in every place where a person can leave one: the file has none of
// them. And the file itself: ours alone, never over another one, written with or without a daemon.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { EXIT } from '../../src/contract/errors.ts'
import { daemon, ROOT, temporaryFolder, until } from '../harness/daemon.ts'
import { freePort } from '../harness/devices.ts'
import { BUNDLE, tallyctl } from './client.ts'

t.setTimeout(180_000)

const CANARY = 'canary'
/** One for each place, so that a leak says where it comes from. */
const of = (place: string) => `${CANARY}-${place}`
/** No port, no size and no time in milliseconds looks like it. */
const BUDGET = 98_765.4321

/** Where the words of a report stand. */
const WORDS = [
  'src/ctl/commands/report-form.ts',
  'src/ctl/commands/report-config.ts',
  'src/contract/doctor-words.ts',
]

/** The machine's name, but where a word of a report holds it: a report of a host called `linux` or `web` has those words. */
function hostNames(): string[] {
  const isWord = WORDS.some((file) => readFileSync(join(ROOT, file), 'utf8').includes(hostname()))
  return isWord ? [] : [hostname()]
}

function homeFull(t: Parameters<typeof temporaryFolder>[0]) {
  const home = join(temporaryFolder(t), of('home'))
  const project = join(home, '.claude', 'projects', of('project'))
  mkdirSync(project, { recursive: true, mode: 0o700 })
  const usage = { input_tokens: 1, output_tokens: 100 }
  const message = {
    model: `/home/${of('user')}/own.gguf`,
    id: of('message'),
    content: [],
    stop_reason: null,
    usage,
  }
  const line = {
    type: 'assistant',
    sessionId: of('session'),
    requestId: of('request'),
    message,
    timestamp: new Date().toISOString(),
  }
  writeFileSync(
    join(project, `${of('log')}.jsonl`),
    `${JSON.stringify(line)}\n{"type":"assistant", ${of('broken')}\n`,
  )
  return home
}

const configOf = (lan: number, web: number) => ({
  device: { name: of('device') },
  lan: { address: '127.0.0.1', port: lan },
  web: { port: web, names: [`${of('web')}.lan`], clients: [of('client')] },
  discovery: { mode: 'off' },
  sources: { codex: { roots: [`/nowhere/${of('root')}`] } },
  prices: { [`/home/${of('price')}/own.gguf`]: { input: 1, output: 1 } },
  budgets: { daily: BUDGET },
  [of('key')]: { [of('inner')]: of('value') },
})

t.test('nothing that a person wrote is in a report', async (t) => {
  const home = homeFull(t)
  const [lan, web, other, theirWeb] = [await freePort(), await freePort(), await freePort(), await freePort()]
  writeFileSync(join(home, 'config.json'), JSON.stringify(configOf(lan, web)), { mode: 0o600 })
  const env = { TALLYD_LOG: 'debug' }
  const running = await daemon(t, { home, env })
  const friend = temporaryFolder(t)
  const theirs = {
    device: { name: of('friend') },
    lan: { address: '127.0.0.1', port: other },
    discovery: { mode: 'off' },
    web: { port: theirWeb },
  }
  writeFileSync(join(friend, 'config.json'), JSON.stringify(theirs))
  const away = await daemon(t, { home: friend })
  const { invited } = await away.call('pairing.invite')
  await running.call('pairing.join', {
    address: `127.0.0.1:${other}`,
    code: invited.code,
    direction: 'mutual',
  })
  await running.call('devices.rename', { device: of('friend'), name: of('renamed') })
  await running.call('members.add', { name: of('member') })
  const { token } = await running.call('tokens.create', {
    member: of('member'),
    scopes: ['usage:read'],
    label: of('label'),
  })
  const secret = { type: 'api-key', fields: { apiKey: of('apikey') } } as const
  await running.call('secrets.add', { name: of('secret'), secret })
  const kept = {
    type: 'database',
    name: of('photos'),
    description: of('words'),
    path: `/srv/${of('path')}`,
    links: {},
  } as const
  await running.call('configs.add', { config: kept })
  const device = (await away.call('identity.show')).identity.id
  const url = `https://${of('login')}.lan:4766`
  const begun = await running.call('logins.begin', { url, device, address: `127.0.0.1:${other}` })
  await away.call('requests.approve', { code: begun.login.code?.userCode ?? '', newMember: of('theirs') })
  await until(
    async () => (await running.call('logins.list')).logins.some(({ state }) => state === 'claimed'),
    'logged in',
  )
  // The log of a daemon that tallyctl started; here are the words of one.
  writeFileSync(
    join(home, 'tallyd.log'),
    `${running.log()}{"level":50,"msg":"${of('logged')}"}\n${of('died')}\n`,
    { mode: 0o600 },
  )
  await away.kill('SIGKILL')
  await until(async () => {
    const { devices } = await running.call('devices.list', { timeZone: 'UTC' })
    return devices.some(({ problem }) => problem?.code === 'unreachable')
  }, 'the other one is missed')

  const doctor = await tallyctl(home, ['doctor', '--json'], { program: BUNDLE })
  for (const place of ['renamed', 'home', 'login', 'key'])
    t.match(doctor.out, of(place), 'doctor itself names it')
  const steps = await tallyctl(home, ['doctor', of('renamed')], { program: BUNDLE })
  t.equal(steps.exit, EXIT.failed)
  t.match(steps.out, /^broken +connection +127\.0\.0\.1:\d+ is there, but nothing listens/m)

  const path = join(temporaryFolder(t), 'report.json')
  const ran = await tallyctl(home, ['doctor', of('renamed'), '--report', '--out', path], { program: BUNDLE })
  t.strictSame([ran.exit, ran.out], [EXIT.ok, `${path}\n`], ran.err)
  t.match(ran.err, /read it before you send it/)
  const text = readFileSync(path, 'utf8')
  const id = (await running.call('identity.show')).identity.id
  for (const secret of [
    CANARY,
    ...hostNames(),
    home,
    token.secret,
    token.id,
    id.slice(0, 8),
    '127.0.0.1',
    String(BUDGET),
    'gguf',
  ])
    t.notOk(text.includes(secret), `${secret} is not in it`)
  const report = JSON.parse(text)
  t.match(report, {
    daemon: { state: 'running', ready: true, lan: { open: true, port: lan } },
    devices: [{ state: 'paired', freshness: String, problem: 'unreachable', address: 'IPv4' }],
    config: {
      file: 'read',
      keys: { 'device.name': 'set', 'web.port': web, 'web.names': 1, prices: 1 },
      unknown: 1,
    },
    log: { error: 1 },
  })
  t.ok(report.checks.some(({ code }: { code: string }) => code === 'linesRejected'))
  t.match(report.trial.at(-1), { level: 'broken', code: 'refusedThere' })
  t.same(
    [...report.checks, ...report.trial].filter(({ code }: { code: string }) => code === 'another'),
    [],
    'every word is known',
  )
  t.ok(report.files.some(({ name }: { name: string }) => name === 'checkpoint'))
  t.notOk(
    report.files.some(({ name }: { name: string }) => name === 'another'),
    'every file is named',
  )

  await running.kill('SIGKILL')
  const dead = join(temporaryFolder(t), 'dead.json')
  const without = await tallyctl(home, ['doctor', '--report', '--out', dead, '--json'], { program: BUNDLE })
  t.equal(without.exit, EXIT.ok, without.err)
  t.match(JSON.parse(without.out), { report: { path: dead, bytes: statSync(dead).size } })
  const left = readFileSync(dead, 'utf8')
  for (const secret of [CANARY, ...hostNames(), home])
    t.notOk(left.includes(secret), `${secret} is not in it`)
  t.match(JSON.parse(left), { daemon: { state: 'absent' }, devices: [], config: { file: 'read' } })
  t.ok(JSON.parse(left).checks.some(({ code }: { code: string }) => code === 'endedBadly'))
})

t.test('the file', async (t) => {
  const home = temporaryFolder(t)
  const path = join(home, 'report.json')
  t.equal((await tallyctl(home, ['doctor', '--report', '--out', path])).exit, EXIT.ok)
  t.equal(statSync(path).mode & 0o777, 0o600)
  const before = readFileSync(path)
  const again = await tallyctl(home, ['doctor', '--report', '--out', path])
  t.equal(again.exit, EXIT.usage)
  t.match(again.err, /report\.json is there already, and nothing is written over; .*--out FILE/)
  t.same(readFileSync(path), before)
  const nowhere = join(home, 'gone', 'report.json')
  t.match(await tallyctl(home, ['doctor', '--report', '--out', nowhere]), {
    exit: EXIT.failed,
    err: /cannot be written \(ENOENT\)/,
  })
  t.notOk(existsSync(nowhere))
  t.match(await tallyctl(home, ['doctor', '--out', path]), { exit: EXIT.usage, err: /needs --report/ })
})

t.test('three reports in one folder and one second are three files', async (t) => {
  const [home, cwd] = [temporaryFolder(t), temporaryFolder(t)]
  const runs = [1, 2, 3].map(() => tallyctl(home, ['doctor', '--report'], { cwd }))
  const names: string[] = []
  for (const { exit, out, err } of await Promise.all(runs)) {
    t.equal(exit, EXIT.ok, err)
    t.match(out, /^tallyd-report-\d{8}-\d{6}(-[23])?\.json\n$/)
    names.push(out.trim())
  }
  t.same(readdirSync(cwd).sort(), names.sort())
})
