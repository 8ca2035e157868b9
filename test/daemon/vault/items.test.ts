// What the vault takes, and what every change does to what is there already.
import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { VAULT } from '../../../src/contract/vault-words.ts'
import { checkConfig, checkName, checkSecret } from '../../../src/daemon/vault/check.ts'
import { type Contents, EMPTY, isContents } from '../../../src/daemon/vault/contents.ts'
import {
  addConfig,
  addSecret,
  editConfig,
  editSecret,
  keepOutcome,
  removeConfig,
  removeSecret,
  renameConfig,
  renameSecret,
  usesOf,
} from '../../../src/daemon/vault/items.ts'
import { AT, apiKey } from './safes.ts'

const CANARY = 'canary-1f2e3d4c'
const LATER = '2026-11-21T12:00:00.000Z'
const s3 = (more: object = {}) => ({
  type: 's3-credentials' as const,
  fields: { region: 'eu-central-1', accessKeyId: 'AKIA', secretAccessKey: CANARY, ...more },
})
const database = (name: string, links: object = {}, more: object = {}) => ({
  type: 'database' as const,
  name,
  description: '',
  path: '/srv/photos',
  links,
  ...more,
})

function pem(type: 'ed25519' | 'rsa') {
  const pair =
    type === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ed25519')
  return {
    privateKeyPem: String(pair.privateKey.export({ type: 'pkcs8', format: 'pem' })),
    publicKeyPem: String(pair.publicKey.export({ type: 'spki', format: 'pem' })),
    encrypted: String(
      pair.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }),
    ),
  }
}

const keys = (fields: object) => ({ type: 'encryption-key' as const, fields })

/** A secret of each kind and a configuration that uses all three. */
function full(): Contents {
  const { privateKeyPem } = pem('ed25519')
  let contents = addSecret(EMPTY, 'storage', s3(), AT)
  contents = addSecret(contents, 'key', keys({ privateKeyPem }) as never, AT)
  contents = addSecret(contents, 'maps', apiKey(CANARY), AT)
  return addConfig(
    contents,
    database('photos', { s3: 'storage', encryptionKey: 'key', geocodingKey: 'maps' }),
    AT,
  )
}

const word = (act: () => unknown): string => {
  try {
    act()
    return 'ok'
  } catch (error) {
    return (error as { error: string }).error
  }
}

t.test('secrets that are none are refused, with the field and without the value', async (t) => {
  const [one, other] = [pem('ed25519'), pem('rsa')]
  const cases: readonly [string, unknown, RegExp][] = [
    ['an unknown type', { type: CANARY, fields: {} }, /^\/type: must be one of s3-credentials, /],
    [
      'a missing field',
      { type: 's3-credentials', fields: { region: CANARY } },
      /^\/fields: "accessKeyId" is missing/,
    ],
    ['one field too many', s3({ [CANARY]: CANARY }), /^\/fields: has a key that is not known; known: region/],
    ['a slip', { type: 'api-key', fields: { apiKey: 'x', apikey: CANARY } }, /did you mean "apiKey"/],
    ['a number', { type: 'api-key', fields: { apiKey: 7 } }, /^\/fields\/apiKey: must be string$/],
    ['nothing', { type: 'api-key', fields: { apiKey: '' } }, /^\/fields\/apiKey: /],
    ['too long', apiKey(CANARY.repeat(2_000)), /^\/fields\/apiKey: /],
    ['control characters', apiKey(`${CANARY}\u001b`), /^\/fields\/apiKey: has characters/],
    ['no PEM', keys({ privateKeyPem: CANARY }), /^\/fields\/privateKeyPem: it is not a private key/],
    [
      'a public key for a private one',
      keys({ privateKeyPem: one.publicKeyPem }),
      /^\/fields\/privateKeyPem: it is not a private key/,
    ],
    [
      'a PEM that is cut',
      keys({ privateKeyPem: one.privateKeyPem.slice(0, 60) }),
      /^\/fields\/privateKeyPem: it is not a private key/,
    ],
    [
      'a key that is encrypted',
      keys({ privateKeyPem: one.encrypted }),
      /privateKeyPem: it is encrypted itself/,
    ],
    [
      'keys of two pairs',
      keys({ privateKeyPem: one.privateKeyPem, publicKeyPem: other.publicKeyPem }),
      /publicKeyPem: it does not belong/,
    ],
    [
      'a private key where a public one is shown',
      keys({ privateKeyPem: one.privateKeyPem, publicKeyPem: one.privateKeyPem }),
      /publicKeyPem: it is a private key/,
    ],
    ['an endpoint that is no URL', s3({ endpoint: CANARY }), /endpoint: it must be a URL/],
    ['an endpoint of files', s3({ endpoint: `file:///${CANARY}` }), /endpoint: it must be a URL/],
    ['an endpoint with a password', s3({ endpoint: `https://a:${CANARY}@b` }), /endpoint: it must not hold/],
    ['no object', CANARY, /must be object/],
  ]
  for (const [what, value, says] of cases) {
    const problem = checkSecret(value) ?? 'taken'
    t.match(problem, says, what)
    t.notOk(problem.includes(CANARY), `${what}: without the value`)
  }
  for (const { privateKeyPem, publicKeyPem } of [one, other]) {
    t.equal(checkSecret(keys({ privateKeyPem })), null)
    t.equal(checkSecret(keys({ privateKeyPem, publicKeyPem })), null)
  }
  t.equal(checkSecret(s3({ endpoint: 'https://s3.example.org:9000' })), null)
})

t.test('names that are none', async (t) => {
  for (const name of [
    '',
    'a/b',
    'a\\b',
    '.',
    '..',
    '../a',
    ' a',
    'a ',
    'a\nb',
    'a\u0000b',
    'a\u001b[31m',
    'a\u202eb',
    'a\u2028b',
    'a\ufeffb',
    'a'.repeat(65),
    'a'.repeat(10_000),
  ]) {
    t.ok(checkName(name) !== null, encodeURIComponent(name).slice(0, 40))
  }
  for (const name of ['a', 'kitchen maps', 'Küche', '鍵', '🔑'.repeat(64), '__proto__', 'a..b']) {
    t.equal(checkName(name), null, encodeURIComponent(name))
  }
})

t.test(
  'a key that OpenSSL would compute with for as long as its sender likes is not looked at',
  async (t) => {
    const { privateKey } = generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 })
    const dsa = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
    t.match(checkSecret(keys({ privateKeyPem: dsa })), /^\/fields\/privateKeyPem: it must be a key of RSA/)
    // The same with numbers of 24,000 bits in it, as OpenSSL reads it without a bound.
    const long = dsa.replace(/\n(?=-----END)/, `\n${`${'A'.repeat(64)}\n`.repeat(60)}`)
    const began = performance.now()
    t.match(checkSecret(keys({ privateKeyPem: long })), /privateKeyPem: it must be a key of RSA/)
    const traditional = dsa.replaceAll('PRIVATE KEY', 'DSA PRIVATE KEY')
    t.match(checkSecret(keys({ privateKeyPem: traditional })), /privateKeyPem: it must be a key of RSA/)
    const { privateKeyPem } = pem('ed25519')
    t.match(checkSecret(keys({ privateKeyPem, publicKeyPem: dsa })), /publicKeyPem: it must be a key of RSA/)
    t.comment(`${(performance.now() - began).toFixed(1)} ms`)
  },
)

t.test('configurations that are none', async (t) => {
  const contents = full()
  for (const path of ['..', '../a', '/srv/../etc', 'a/..', 'a\\..\\b', 's3://b/%2e%2e/c', '/a/ .. /b']) {
    t.match(checkConfig(database('a', {}, { path }), contents), /^\/path: it must not contain \.\./, path)
    t.match(checkConfig(database('a', {}, { origin: path }), contents), /^\/origin: /, path)
  }
  t.match(
    checkConfig(database('a', {}, { path: `s3://a:${CANARY}@b/c` }), contents),
    /^\/path: it must not hold/,
  )
  t.match(checkConfig(database('a', { s3: 'none' }), contents), /^\/links\/s3: there is no secret none/)
  t.match(
    checkConfig(database('a', { s3: 'maps' }), contents),
    /^\/links\/s3: maps is of type api-key, not s3/,
  )
  t.match(checkConfig(database('a', { other: 'maps' }), contents), /^\/links: has a key that is not known/)
  t.match(checkConfig({ ...database('a'), type: 'x' }, contents), /^\/type: /)
  t.match(checkConfig(database('a/b'), contents), /^\/name: /)
  for (const path of ['/srv/a..b', '...', 's3://bucket/a', 'C:\\photos']) {
    t.equal(checkConfig(database('a', { s3: 'storage' }, { path }), contents), null, path)
  }
})

t.test('links follow a new name, and go with a secret that is removed by force', async (t) => {
  const contents = full()
  t.same(usesOf(contents, 'maps'), ['photos'])
  const renamed = renameSecret(contents, 'maps', 'old maps', LATER)
  t.same(renamed.configs[0]?.links, { s3: 'storage', encryptionKey: 'key', geocodingKey: 'old maps' })
  t.match(
    renamed.secrets.find(({ name }) => name === 'old maps'),
    { createdAt: AT, updatedAt: LATER },
  )
  t.ok(isContents(renamed))
  t.equal(
    word(() => renameSecret(contents, 'maps', 'key', LATER)),
    'secretExists',
  )
  t.equal(renameSecret(contents, 'maps', 'maps', LATER), contents, 'its own name is no other one')
  t.equal(
    word(() => removeSecret(contents, 'maps', false)),
    'secretInUse',
  )
  const removed = removeSecret(contents, 'maps', true)
  t.same(removed.unlinked, ['photos'])
  t.same(removed.contents.configs[0]?.links, { s3: 'storage', encryptionKey: 'key' })
  t.ok(isContents(removed.contents))
  t.same(contents, { ...contents }, 'what was given is as it was')
  t.same(contents.configs[0]?.links, { s3: 'storage', encryptionKey: 'key', geocodingKey: 'maps' })
})

t.test('one name, one thing; one type for good', async (t) => {
  const contents = full()
  t.equal(
    word(() => addSecret(contents, 'maps', apiKey('x'), AT)),
    'secretExists',
  )
  t.equal(
    word(() => editSecret(contents, 'maps', s3(), AT)),
    'invalidParams',
  )
  t.equal(
    word(() => editSecret(contents, 'none', s3(), AT)),
    'noSuchSecret',
  )
  t.match(editSecret(contents, 'maps', apiKey('new'), LATER).secrets[1], {
    name: 'maps',
    fields: { apiKey: 'new' },
  })
  t.equal(
    word(() => addConfig(contents, database('photos'), AT)),
    'configExists',
  )
  t.equal(
    word(() => editConfig(contents, database('none'), AT)),
    'noSuchConfig',
  )
  t.equal(
    word(() => removeConfig(contents, 'none')),
    'noSuchConfig',
  )
  const two = addConfig(contents, database('a'), AT)
  t.equal(
    word(() => renameConfig(two, 'a', 'photos', AT)),
    'configExists',
  )
  t.same(
    renameConfig(two, 'a', 'z', AT).configs.map(({ name }) => name),
    ['photos', 'z'],
  )
  t.same(removeConfig(two, 'photos').secrets.length, 3, 'its secrets stay')
})

t.test('it is bounded', async (t) => {
  let contents: Contents = EMPTY
  for (let index = 0; index < VAULT.secrets; index++)
    contents = addSecret(contents, `s${index}`, apiKey('x'), AT)
  t.equal(
    word(() => addSecret(contents, 'more', apiKey('x'), AT)),
    'vaultFull',
  )
  for (let index = 0; index < VAULT.configs; index++)
    contents = addConfig(contents, database(`c${index}`), AT)
  t.equal(
    word(() => addConfig(contents, database('more'), AT)),
    'vaultFull',
  )
  for (let index = 0; index < VAULT.outcomes + 3; index++) {
    const transferId = index.toString(16).padStart(32, '0')
    contents = keepOutcome(contents, { transferId, from: 'a'.repeat(64), at: AT, outcome: { saved: [] } })
  }
  t.equal(contents.outcomes.length, VAULT.outcomes)
  t.equal(contents.outcomes.at(-1)?.transferId, (VAULT.outcomes + 2).toString(16).padStart(32, '0'))
  t.ok(isContents(contents))
})

t.test('contents that could not be gone on with are none', async (t) => {
  const contents = full()
  t.ok(isContents(JSON.parse(JSON.stringify(contents))))
  const broken: readonly unknown[] = [
    null,
    {},
    { ...contents, secrets: [...contents.secrets, contents.secrets[0]] },
    { ...contents, secrets: contents.secrets.slice(1) },
    { ...contents, secrets: contents.secrets.map((each) => ({ ...each, createdAt: 'x' })) },
    { ...contents, configs: [{ ...contents.configs[0], links: { s3: 'maps' } }] },
    { ...contents, outcomes: [{ transferId: 'x', from: 'a'.repeat(64), at: AT, outcome: {} }] },
    {
      ...contents,
      outcomes: [{ transferId: '0'.repeat(32), from: 'a'.repeat(64), at: AT, outcome: undefined }],
    },
  ]
  for (const [index, each] of broken.entries()) t.notOk(isContents(each), `${index}`)
})
