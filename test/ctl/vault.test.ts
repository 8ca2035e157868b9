// `tallyctl secrets`, `configs` and `vault` against a real daemon: what scripts rely on, and what must never be said.
import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { EXIT } from '../../src/contract/errors.ts'
import { daemon, endOf, isolatedEnv, post, type Teardown, temporaryFolder } from '../harness/daemon.ts'
import { CLIENT } from './client.ts'
import { NO_TERMINAL, onTerminal } from './pty.ts'

t.setTimeout(180_000)

const CANARY = 'canary-77aa55ee'
const WORDS = 'correct horse battery staple'

/** A daemon without a web listener; it has no session bus, so that no keychain of whoever runs the test is asked on Linux. */
async function home(t: Teardown, config: object = {}) {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ web: { mode: 'off' }, ...config }))
  return daemon(t, { home: folder })
}

async function tallyctl(at: string, words: readonly string[], input: string | Buffer = '') {
  const child = spawn(process.execPath, [CLIENT, ...words], { env: isolatedEnv(at), stdio: 'pipe' })
  const said = { out: '', err: '' }
  child.stdout.on('data', (text) => {
    said.out += String(text)
  })
  child.stderr.on('data', (text) => {
    said.err += String(text)
  })
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const { code } = await endOf(child)
  return { exit: code, ...said }
}

t.test('secrets from standard input and files, shown only where that is said', async (t) => {
  const running = await home(t)
  const ask = (words: readonly string[], input?: string | Buffer) => tallyctl(running.home, words, input)
  t.match(await ask(['secrets']), { exit: 0, out: 'no secrets yet\n', err: /secrets add --help/ })
  t.match(await ask(['configs']), { exit: 0, out: 'no configurations yet\n', err: /configs add --help/ })
  t.match(await ask(['vault']), { exit: 0, out: 'vault   empty\n', err: /secrets add --help/ })

  t.match(await ask(['secrets', 'add', 'maps', '--type', 'api-key'], `${CANARY}\n`), {
    exit: 0,
    out: 'maps is kept\n',
  })
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const both = `${publicKey.export({ type: 'spki', format: 'pem' })}${pem}`
  const file = join(running.home, 'both.pem')
  writeFileSync(file, both)
  t.match(await ask(['secrets', 'add', 'key', '--type', 'encryption-key'], pem), { exit: 0 })
  t.match(await ask(['secrets', 'add', 'pair', '--type', 'encryption-key', '--file', file]), { exit: 0 })
  const s3 = { region: 'eu-central-1', accessKeyId: 'AKIA', secretAccessKey: CANARY }
  t.match(await ask(['secrets', 'add', 'store', '--type', 's3-credentials'], JSON.stringify(s3)), { exit: 0 })

  const listed = await ask(['secrets', '--json'])
  t.same(
    JSON.parse(listed.out).secrets.map(({ name }: { name: string }) => name),
    ['key', 'maps', 'pair', 'store'],
  )
  t.notOk(listed.out.includes(CANARY))
  t.same(await ask(['secrets', 'show', 'maps', '--reveal']), { exit: 0, out: `${CANARY}\n`, err: '' })
  t.match(await ask(['secrets', 'show', 'maps']), { exit: EXIT.usage, out: '', err: /say --reveal/ })
  const pair = JSON.parse((await ask(['secrets', 'show', 'pair', '--reveal', '--json'])).out).secret
  t.same(pair.fields, { privateKeyPem: pem, publicKeyPem: both.slice(0, -pem.length) })

  t.match(await ask(['secrets', 'edit', 'store'], '{"region":"eu-west-1"}'), {
    exit: 0,
    out: 'store is changed\n',
  })
  const store = JSON.parse((await ask(['secrets', 'show', 'store', '--reveal', '--json'])).out).secret
  t.same(store.fields, { ...s3, region: 'eu-west-1' })
  t.match(await ask(['secrets', 'edit', 'pair'], pem), { exit: 0 })
  t.match(await ask(['secrets', 'edit', 'maps'], 'another'), { exit: 0 })
  t.equal((await ask(['secrets', 'show', 'maps', '--reveal'])).out, 'another\n')

  const links = ['--s3', 'store', '--encryption-key', 'key', '--geocoding-key', 'maps']
  t.match(await ask(['configs', 'add', 'photos', '--path', '/srv/photos', ...links]), {
    exit: 0,
    out: 'photos is kept\n',
  })
  t.match(await ask(['configs', 'add', 'more']), { exit: EXIT.usage, err: /--path is missing/ })
  t.match(await ask(['secrets', 'remove', 'maps']), { exit: EXIT.refused, err: /maps: photos; .*--force/ })
  t.match(await ask(['secrets', 'rename', 'maps', 'places']), { exit: 0, out: 'maps is now places\n' })
  t.match(await ask(['configs', 'show', 'photos']), { exit: 0, out: /geocoding-key {4}places\n/ })
  t.match(await ask(['secrets', 'remove', 'places', '--force']), {
    exit: 0,
    out: 'places is removed; these lost their link to it: photos\n',
  })
  t.match(await ask(['configs', 'edit', 'photos', '--unlink', 's3', '--path', '/srv/b']), { exit: 0 })
  t.match(JSON.parse((await ask(['configs', '--json'])).out).configs, [
    { name: 'photos', path: '/srv/b', links: { encryptionKey: 'key' } },
  ])
  t.match(await ask(['configs', 'rename', 'photos', 'pictures']), { exit: 0 })
  t.match(await ask(['configs', 'remove', 'pictures']), {
    exit: 0,
    out: 'pictures is removed; its secrets stay\n',
  })
})

t.test('bad input is refused with the field, and never repeated', async (t) => {
  const running = await home(t)
  const big = Buffer.alloc(1024 * 1024 + 1, CANARY)
  const cases: readonly [readonly string[], string | Buffer, RegExp][] = [
    [['add', 'a', '--type', 'other'], CANARY, /--type is other, but must be one of s3-credentials/],
    [['add', 'a'], CANARY, /--type is missing/],
    [['add', 'a', '--type', 'api-key'], '', /apiKey is empty/],
    [['add', 'a', '--type', 'api-key'], big, /standard input has more than 1 MiB/],
    [['add', 'a', '--type', 'api-key'], big.subarray(1), /apiKey has more than 16,384 characters/],
    [['add', 'a', '--type', 'api-key', '--file', '/nowhere/at/all'], '', /cannot be read \(ENOENT\)/],
    [['add', 'a', '--type', 's3-credentials'], CANARY, /it is not JSON; give one JSON object with region/],
    [['add', 'a', '--type', 's3-credentials'], `{"${CANARY}":"x"}`, /a key that is not known/],
    [['add', 'a', '--type', 's3-credentials'], `{"region":["${CANARY}"]}`, /region must be a string/],
    [['add', 'a', '--type', 's3-credentials'], `{"region":"${CANARY}"}`, /"accessKeyId" is missing/],
    [
      ['add', 'a', '--type', 'encryption-key'],
      `-----BEGIN PRIVATE KEY-----\n${CANARY}\n-----END PRIVATE KEY-----\n`,
      /privateKeyPem: it is not a private key/,
    ],
    [['add', 'a/b', '--type', 'api-key'], CANARY, /\/name: has characters that may not stand there/],
    [['add', '..', '--type', 'api-key'], CANARY, /\/name: /],
    [['add', 'a'.repeat(10_000), '--type', 'api-key'], CANARY, /\/name: must NOT have more than 64/],
    [['add', 'a', CANARY, '--type', 'api-key'], '', /secrets are not taken from the command line/],
    [['edit', 'a', CANARY], '', /secrets are not taken from the command line/],
    [['show', 'none', '--reveal'], '', /there is no such secret: none/],
  ]
  for (const [words, input, says] of cases) {
    const { exit, out, err } = await tallyctl(running.home, ['secrets', ...words], input)
    t.match(err, says, words.join(' ').slice(0, 40))
    t.ok(exit !== 0 && out === '', words.join(' ').slice(0, 40))
    t.notOk(err.includes(CANARY), 'without the value')
  }
  const call = ['call', 'secrets.add', JSON.stringify({ name: 'a', secret: CANARY })]
  const called = await tallyctl(running.home, call)
  t.match(called, { exit: EXIT.usage, err: /standard input: (npx )?tallyctl call secrets.add -/ })
  t.notOk(called.err.includes(CANARY))
  const odd = await tallyctl(running.home, ['call', 'secrets.add', '-'], `{"a": ${CANARY}`)
  t.ok(odd.exit !== 0 && !odd.err.includes(CANARY), 'what is not JSON is not repeated')
  for (const path of ['../x', '/srv/../etc']) {
    const { exit, err } = await tallyctl(running.home, ['configs', 'add', 'a', '--path', path])
    t.match({ exit, err }, { exit: EXIT.usage, err: /\/config\/path: it must not contain \.\. as a folder/ })
  }
  t.equal((await tallyctl(running.home, ['secrets'])).out, 'no secrets yet\n')
})

t.test('whatever is wrong with params, no answer repeats them', async (t) => {
  const running = await home(t)
  const asks: readonly [string, unknown][] = [
    'vault.unlock',
    'vault.protect',
    ...['list', 'add', 'show', 'edit', 'rename', 'remove'].flatMap((verb) => [
      `secrets.${verb}`,
      `configs.${verb}`,
    ]),
  ].flatMap((method): [string, unknown][] => [
    [method, { name: [CANARY] }],
    [method, { name: 'a', [CANARY]: CANARY }],
    [method, { secret: CANARY, fields: CANARY, config: CANARY, changes: CANARY, passphrase: [CANARY] }],
    [method, { name: 'a', secret: { type: 'api-key', fields: { apiKey: [CANARY] } } }],
    [method, { name: 'a', secret: { type: CANARY, fields: { [CANARY]: CANARY } } }],
    [method, { name: 'a', fields: { apiKey: [CANARY] } }],
    [method, { config: { type: 'database', name: `${CANARY}/`, description: [CANARY] } }],
    [method, { name: 'a', changes: { path: [CANARY], [CANARY]: CANARY } }],
    [method, { key: CANARY, passphrase: CANARY }],
    [method, [CANARY]],
  ])
  for (const [method, params] of asks) {
    const { body } = await post(running.socket, JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))
    t.notOk(body.includes(CANARY), `${method} ${body.slice(0, 160)}`)
    t.match(JSON.parse(body).error, { message: String }, `${method} refuses`)
  }
})

t.test('a passphrase: locked, wrong, unlocked, from standard input', async (t) => {
  const running = await home(t)
  const ask = (words: readonly string[], input?: string) => tallyctl(running.home, words, input)
  await ask(['secrets', 'add', 'maps', '--type', 'api-key'], CANARY)
  t.match(await ask(['vault']), { exit: 0, out: /^vault {3}open, 1 secret, 0 configurations\nkey {5}file: / })
  t.match(await ask(['vault', 'lock']), { exit: EXIT.usage, err: /vault protect passphrase/ })
  t.match(await ask(['vault', 'protect', 'passphrase', '-'], 'short'), {
    exit: EXIT.usage,
    err: /12 to 1024/,
  })
  t.match(await ask(['vault', 'protect', 'file', '-'], WORDS), {
    exit: EXIT.usage,
    err: /takes no passphrase/,
  })
  const exposed = await ask(['vault', 'protect', 'passphrase', WORDS])
  t.match(exposed, { exit: EXIT.usage, err: /not taken from the command line/ })
  t.notOk(exposed.err.includes(WORDS))
  t.match(await ask(['vault', 'unlock', WORDS]), { exit: EXIT.usage, err: /not taken from the command line/ })
  t.match(await ask(['vault', 'protect', 'passphrase']), { exit: EXIT.usage, err: /there is no terminal/ })
  t.match(await ask(['vault', 'protect', 'passphrase', '-'], `${WORDS}\n`), {
    exit: 0,
    out: /key {5}passphrase: /,
  })
  t.match(await ask(['vault', 'lock']), { exit: 0, out: /^vault {3}locked\n/, err: /vault unlock/ })
  t.match(await ask(['secrets']), {
    exit: EXIT.refused,
    err: /the vault is locked; run: (npx )?tallyctl vault unlock/,
  })
  t.match(await ask(['doctor']), { out: /ok +vault +locked; the key comes from your passphrase/ })
  t.match(await ask(['vault', 'unlock', '-'], 'another passphrase'), {
    exit: EXIT.refused,
    err: /not the passphrase/,
  })
  t.match(await ask(['vault', 'unlock', '-'], `${WORDS}\n`), { exit: 0, out: /^vault {3}open, 1 secret/ })
  t.equal((await ask(['secrets', 'show', 'maps', '--reveal'])).out, `${CANARY}\n`)
  const { entries } = await running.call('audit.list', {})
  const words = entries.map(({ what, subject }) => [what, subject.name])
  for (const expected of [
    ['vaultProtected', null],
    ['wrongPassphrase', null],
    ['vaultUnlocked', null],
    ['secretRevealed', 'maps'],
  ]) {
    t.ok(
      words.some((each) => JSON.stringify(each) === JSON.stringify(expected)),
      expected.join(' '),
    )
  }
  t.notOk(JSON.stringify(entries).includes(CANARY))
})

t.test('the config file pins where the key is', async (t) => {
  const running = await home(t, { vault: { key: 'passphrase' } })
  const add = () => tallyctl(running.home, ['secrets', 'add', 'maps', '--type', 'api-key'], CANARY)
  t.match(await add(), {
    exit: EXIT.refused,
    err: /the config file wants a passphrase.*vault protect passphrase/,
  })
  t.match(await tallyctl(running.home, ['vault', 'protect', 'file']), {
    exit: EXIT.usage,
    err: /config file sets/,
  })
  t.match(await tallyctl(running.home, ['vault', 'protect', 'passphrase', '-'], WORDS), { exit: 0 })
  t.match(await add(), { exit: 0 })
})

t.test('on a terminal: asked without echo, shown after a yes', { skip: NO_TERMINAL }, async (t) => {
  const running = await home(t)
  const add = onTerminal(t, running.home, ['secrets', 'add', 'maps', '--type', 'api-key'])
  await add.says('API key: ')
  add.type(`${CANARY}\r`)
  t.equal(await add.ended, 0)
  t.notOk(add.seen().includes(CANARY))
  t.ok(add.seen().includes('maps is kept'))

  const no = onTerminal(t, running.home, ['secrets', 'show', 'maps'])
  await no.says('show the values of maps here? [y/N]')
  no.type('\r')
  t.equal(await no.ended, 0)
  t.ok(no.seen().includes('apiKey   not shown') && !no.seen().includes(CANARY))
  const yes = onTerminal(t, running.home, ['secrets', 'show', 'maps'])
  await yes.says('[y/N]')
  yes.type('y\r')
  t.equal(await yes.ended, 0)
  t.ok(yes.seen().includes(`apiKey   ${CANARY}`))

  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const key = onTerminal(t, running.home, ['secrets', 'add', 'key', '--type', 'encryption-key'])
  await key.says('private key, PEM: ')
  key.type(pem.replaceAll('\n', '\r'))
  await key.says('public key, PEM (may be empty): ')
  key.type('\r')
  t.equal(await key.ended, 0, 'several lines are pasted')
  const kept = await running.call('secrets.show', { name: 'key', reveal: true })
  t.equal(kept.secret.fields['privateKeyPem']?.trim(), pem.trim())
  t.notOk(key.seen().includes(pem.split('\n')[1]!))

  const protect = onTerminal(t, running.home, ['vault', 'protect', 'passphrase'])
  await protect.says('12 characters or more: ')
  protect.type(`${WORDS}\r`)
  await protect.says('once more: ')
  protect.type(`${WORDS}\r`)
  t.equal(await protect.ended, 0)
  t.notOk(protect.seen().includes(WORDS))
  await running.call('vault.lock')
  const unlock = onTerminal(t, running.home, ['vault', 'unlock'])
  await unlock.says('passphrase: ')
  unlock.type(`${WORDS}\r`)
  t.equal(await unlock.ended, 0)
})
