// The identity's file under real faults: races, kills at every step, damage, another machine.
import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { TallyError } from '../../../src/contract/errors.ts'
import {
  adoptIdentity,
  type Identity,
  type IdentityContext,
  loadIdentity,
  makeIdentity,
  openIdentity,
  renewIdentity,
} from '../../../src/daemon/identity/identity.ts'
import { temporaryFolder } from '../../harness/daemon.ts'

const MAKER = join(dirname(fileURLToPath(import.meta.url)), 'identity-maker.js')
const THIS = '3d1219c7c4c5404aaa1f6d2a48adfda4'
const OTHER = '00000000000000000000000000000001'

function contextIn(folder: string, machineId: string | null = THIS): IdentityContext {
  return {
    paths: { identity: join(folder, 'identity.json') },
    machineId: async () => machineId,
    now: Date.now,
  }
}

t.test('it is made once, kept, and readable by nobody else', async (t) => {
  const folder = temporaryFolder(t)
  const context = contextIn(folder)
  t.equal(await loadIdentity(context), null, 'there is none, and looking makes none')
  const made = await openIdentity(context)
  t.match(made, { fingerprint: /^[0-9a-f]{64}$/, machine: 'same', cloned: false })
  t.equal(made.fingerprintBytes.toString('hex'), made.fingerprint)
  t.same(await openIdentity(context), made)
  t.same(await makeIdentity(context), made)
  t.same(readdirSync(folder), ['identity.json'])
  t.equal(lstatSync(context.paths.identity).mode & 0o777, 0o600)
  t.notOk(readFileSync(context.paths.identity, 'utf8').includes(THIS), "the machine's id is not in it")
})

t.test('what a killed process left, with its key, is gone after the next start', async (t) => {
  const folder = temporaryFolder(t)
  const context = contextIn(folder)
  const made = await openIdentity(context)
  copyFileSync(context.paths.identity, `${context.paths.identity}.new-0123456789ab`)
  t.same(await openIdentity(context), made)
  t.same(readdirSync(folder), ['identity.json'])
})

t.test('of two processes that race, both have the one identity, 50 times', async (t) => {
  const folder = temporaryFolder(t)
  const racers = [fork(MAKER, ['race']), fork(MAKER, ['race'])]
  t.teardown(() => {
    for (const racer of racers) racer.kill('SIGKILL')
  })
  await Promise.all(racers.map(nextMessage))
  let agreed = 0
  for (let round = 0; round < 50; round++) {
    const home = join(folder, String(round))
    mkdirSync(home)
    const answers = racers.map(nextMessage)
    for (const racer of racers) racer.send(join(home, 'identity.json'))
    const [one, two] = await Promise.all(answers)
    const stored = await loadIdentity(contextIn(home))
    if (one === two && stored?.fingerprint === one) agreed++
    t.same(readdirSync(home), ['identity.json'])
  }
  t.equal(agreed, 50)
})

function nextMessage(racer: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error('a racer ended'))
    racer.once('exit', ended)
    racer.once('message', (message) => {
      racer.off('exit', ended)
      resolve(message)
    })
  })
}

t.test('what a power cut could take is synced before it gets its name, and the name after', async (t) => {
  for (const [act, names] of [
    ['make', 'link'],
    ['renew', 'rename'],
    ['adopt', 'rename'],
  ] as const) {
    const context = contextIn(temporaryFolder(t))
    if (act !== 'make') await makeIdentity(context)
    const order = { act, path: context.paths.identity, machineId: THIS }
    const { stdout } = spawnSync(process.execPath, [MAKER, JSON.stringify(order), '0'])
    const steps = stdout.toString()
    t.match(steps, new RegExp(`open write write sync close (\\w+ )*${names} (rm )?open sync close`), act)
  }
})

t.test('killed before any step of making: none or one, and the next start has a whole one', async (t) => {
  let step = 0
  let [none, one] = [0, 0]
  for (let ended = false; !ended; ) {
    const folder = temporaryFolder(t)
    const context = contextIn(folder)
    ended = !killedAt(++step, { act: 'make', path: context.paths.identity, machineId: THIS })
    const found = await loadIdentity(context)
    found === null ? none++ : one++
    const made = await openIdentity(context)
    if (found !== null) t.same(made, found)
    if (found === null) t.same(readdirSync(folder), ['identity.json'], 'nothing is left of the attempt')
  }
  t.ok(step >= 9, `${step} steps`)
  t.ok(none >= 5 && one >= 3, `${none} times none, ${one} times one`)
})

t.test('killed before any step of adopting or renewing: the one before or the one after', async (t) => {
  for (const act of ['adopt', 'renew'] as const) {
    const seen = new Set<string>()
    for (let step = 1, ended = false; !ended; step++) {
      const folder = temporaryFolder(t)
      const context = contextIn(folder)
      const before = await makeIdentity(context)
      ended = !killedAt(step, { act, path: context.paths.identity, machineId: OTHER })
      const after = await loadIdentity(contextIn(folder, OTHER))
      if (act === 'adopt') t.equal(after?.fingerprint, before.fingerprint)
      seen.add(after!.cloned ? 'before' : 'after')
      if (!after!.cloned && act === 'renew') t.not(after!.fingerprint, before.fingerprint)
    }
    t.same([...seen], ['before', 'after'], act)
  }
})

/** Whether it was killed; throws if it failed otherwise. */
function killedAt(step: number, order: object): boolean {
  const { status, signal, stderr } = spawnSync(process.execPath, [MAKER, JSON.stringify(order), String(step)])
  if (signal === 'SIGKILL') return true
  if (status !== 0) throw new Error(stderr.toString())
  return false
}

t.test('a file that is not whole is an error that names it, and nothing is made in its place', async (t) => {
  const whole = await wholeFile(t)
  const other = JSON.parse(await wholeFile(t))
  const changed = (part: object) => JSON.stringify({ ...JSON.parse(whole), ...part })
  const cases: [content: string, why: RegExp][] = [
    ['', /empty/],
    ['\0'.repeat(100), /not JSON/],
    ['null', /not an object/],
    ['x'.repeat(20_000), /more than 16384 bytes/],
    [changed({ schema: 2 }), /schema is 2/],
    [changed({ bornAt: 'soon' }), /shape/],
    [changed({ machineMark: 7 }), /shape/],
    [changed({ privateKeyPem: null }), /shape/],
    [changed({ fingerprint: other.fingerprint }), /fingerprint is another/],
    [changed({ privateKeyPem: other.privateKeyPem }), /do not belong together/],
    [changed({ certificatePem: other.certificatePem }), /do not belong together/],
    [changed({ certificatePem: 'x' }), /certificate cannot be read/],
    [changed({ privateKeyPem: 'x' }), /key cannot be read/],
  ]
  for (const [content, why] of cases) await refuses(t, content, why)
  for (let length = 0; length < whole.length - 2; length += 23) await refuses(t, whole.slice(0, length), /./)
})

t.test('no flipped bit of the file goes unnoticed, or makes another identity', async (t) => {
  const whole = await wholeFile(t)
  const good = JSON.parse(whole)
  for (let at = 0; at < whole.length; at += 7) {
    const content = Buffer.from(whole)
    content[at]! ^= 1 << (at % 7)
    const context = contextIn(temporaryFolder(t))
    writeFileSync(context.paths.identity, content, { mode: 0o600 })
    const found = await loadIdentity(context).catch((error: unknown) => error)
    if (found instanceof TallyError) t.equal(found.error, 'identityUnreadable')
    else
      t.equal(
        (found as Identity).fingerprint,
        good.fingerprint,
        `bit of byte ${at}: when and where it was made`,
      )
  }
})

async function wholeFile(t: Test): Promise<string> {
  const context = contextIn(temporaryFolder(t))
  await makeIdentity(context)
  return readFileSync(context.paths.identity, 'utf8')
}

async function refuses(t: Test, content: string, why: RegExp): Promise<void> {
  const folder = temporaryFolder(t)
  const context = contextIn(folder)
  const path = context.paths.identity
  writeFileSync(path, content, { mode: 0o600 })
  for (const act of [loadIdentity, openIdentity, makeIdentity, adoptIdentity]) {
    const error = await act(context).then(
      () => t.fail(`${act.name} took ${content.slice(0, 40)}`),
      (error: unknown) => error,
    )
    t.ok(error instanceof TallyError && error.error === 'identityUnreadable', act.name)
    t.match(error, { message: why })
    t.ok((error as Error).message.includes(path))
    t.match(error, { next: /tallyctl identity new/ })
  }
  t.equal(readFileSync(path, 'utf8'), content, 'it is left as it is')
  const { identity, keptAs } = await renewIdentity(context)
  t.equal(readFileSync(keptAs!, 'utf8'), content, 'the owner may make a new one, and loses nothing')
  t.same(await loadIdentity(context), identity)
}

t.test('a file that others can read, a folder and a pipe in its place are refused', async (t) => {
  const folder = temporaryFolder(t)
  const context = contextIn(folder)
  const path = context.paths.identity
  await makeIdentity(context)
  chmodSync(path, 0o644)
  await t.rejects(loadIdentity(context), { error: 'identityUnreadable', message: /0644/, next: /chmod 600/ })
  const { keptAs } = await renewIdentity(context)
  t.equal(lstatSync(keptAs!).mode & 0o777, 0o600)
  const atFolder = contextIn(join(folder, 'a'))
  mkdirSync(atFolder.paths.identity, { recursive: true })
  await t.rejects(loadIdentity(atFolder), { error: 'identityUnreadable', message: /not a file/ })
  const atPipe = contextIn(join(folder, 'b'))
  mkdirSync(dirname(atPipe.paths.identity))
  spawnSync('mkfifo', ['-m', '600', atPipe.paths.identity])
  await t.rejects(loadIdentity(atPipe), { error: 'identityUnreadable', message: /not a file/ })
})

t.test('a copied home is noticed on another machine, until it is adopted or made new', async (t) => {
  const folder = temporaryFolder(t)
  const original = await makeIdentity(contextIn(folder))
  const copy = temporaryFolder(t)
  copyFileSync(join(folder, 'identity.json'), join(copy, 'identity.json'))
  const there = contextIn(copy, OTHER)
  t.match(await loadIdentity(there), { fingerprint: original.fingerprint, machine: 'other', cloned: true })
  t.match(await openIdentity(there), { cloned: true }, 'opening changes nothing')
  t.match(
    await loadIdentity(contextIn(copy, null)),
    { machine: 'other', cloned: true },
    'a machine without an id too',
  )
  t.match(await adoptIdentity(there), { fingerprint: original.fingerprint, machine: 'same', cloned: false })
  t.match(await loadIdentity(there), { cloned: false })
  t.match(await loadIdentity(contextIn(copy)), { cloned: true }, 'and now it belongs there')
  const { identity, keptAs } = await renewIdentity(contextIn(copy))
  t.not(identity.fingerprint, original.fingerprint)
  t.match(await loadIdentity(contextIn(copy)), { fingerprint: identity.fingerprint, cloned: false })
  t.match(keptAs, /identity\.old-.*\.json$/)
  t.equal(JSON.parse(readFileSync(keptAs!, 'utf8')).fingerprint, original.fingerprint)
  t.equal(lstatSync(keptAs!).mode & 0o777, 0o600)
})

t.test('a machine without an id: nobody can tell a copy, and that is said', async (t) => {
  const folder = temporaryFolder(t)
  t.match(await makeIdentity(contextIn(folder, null)), { machine: 'unknown', cloned: false })
  t.match(await loadIdentity(contextIn(folder, OTHER)), { machine: 'unknown', cloned: false })
  t.match(await adoptIdentity(contextIn(folder, OTHER)), { machine: 'same' })
  t.match(await loadIdentity(contextIn(folder)), { cloned: true })
})

t.test('without an identity there is nothing to adopt; renewing makes the first', async (t) => {
  const context = contextIn(temporaryFolder(t))
  await t.rejects(adoptIdentity(context), { error: 'wrongUsage', message: /nothing to adopt/ })
  t.match(await renewIdentity(context), { keptAs: null, identity: { machine: 'same' } })
})

t.test('a folder that cannot be written is an error of the disk', async (t) => {
  const context = contextIn(join(temporaryFolder(t), 'nowhere'))
  await t.rejects(makeIdentity(context), { error: 'stateUnwritable', message: /ENOENT/ })
})
