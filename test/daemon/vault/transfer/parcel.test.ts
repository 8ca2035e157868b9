// What a transfer carries: as the sender's vault makes it, and as the receiver reads it when the sender is hostile.
import fc from 'fast-check'
import t from 'tap'
import { TRANSFER } from '../../../../src/contract/transfer-words.ts'
import { type Contents, EMPTY } from '../../../../src/daemon/vault/contents.ts'
import { addConfig, addSecret } from '../../../../src/daemon/vault/items.ts'
import { parcelOf, readParcel } from '../../../../src/daemon/vault/transfer/parcel.ts'
import { AT } from '../safes.ts'
import { CANARY, MINIO, PHOTO_KEY, PHOTOS, PLACES, SECRETS } from './two-devices.ts'

function vault(): Contents {
  let contents = EMPTY
  for (const [name, value] of Object.entries(SECRETS)) contents = addSecret(contents, name, value, AT)
  return addConfig(contents, PHOTOS, AT)
}

const secret = (name: unknown, value: unknown = PLACES) => ({ name, value })
const ITEMS = Object.entries(SECRETS).map(([name, value]) => secret(name, value))

/** Why it is not taken; null where it is. */
function problemOf(secrets: readonly unknown[], configs: readonly unknown[] = []): string | null {
  const read = readParcel({ secrets, configs })
  return 'problem' in read ? read.problem : null
}

function refusal(run: () => unknown): string {
  try {
    run()
    return 'it worked'
  } catch (error) {
    return (error as { name: string; message: string }).message
  }
}

t.test('a parcel has what is wanted, each once, without the times of this vault', async (t) => {
  const wanted = {
    secrets: ['minio', 'minio', 'photo-key', 'places'],
    configs: ['photos', 'photos'],
    edits: [],
  }
  t.same(parcelOf(vault(), wanted), { secrets: ITEMS, configs: [PHOTOS] })
})

t.test('links go along where their secrets do', async (t) => {
  const some = parcelOf(vault(), { secrets: ['minio'], configs: ['photos'], edits: [] })
  t.same(some.configs, [{ ...PHOTOS, links: { s3: 'minio' } }])
  const none = parcelOf(vault(), { secrets: [], configs: ['photos'], edits: [] })
  t.same(none, { secrets: [], configs: [{ ...PHOTOS, links: {} }] })
})

t.test('what is edited is edited for the receiver alone', async (t) => {
  const before = vault()
  const copy = structuredClone(before)
  const edits = [{ config: 'photos', name: 'pictures', path: '/mnt/pictures', description: '' }]
  const { configs } = parcelOf(before, { secrets: [], configs: ['photos'], edits })
  t.same(configs, [{ ...PHOTOS, name: 'pictures', path: '/mnt/pictures', description: '', links: {} }])
  t.same(before, copy)
})

t.test('what cannot be sent is named', async (t) => {
  const films = addConfig(vault(), { ...PHOTOS, name: 'films', links: {} }, AT)
  const send = (more: object) => () =>
    parcelOf(films, { secrets: [], configs: ['photos'], edits: [], ...more })
  t.match(refusal(send({ secrets: ['gone'] })), /no such secret.*gone|gone/)
  t.match(refusal(send({ configs: ['gone'] })), /gone/)
  t.match(refusal(send({ configs: [] })), /nothing is to be sent/)
  t.match(refusal(send({ edits: [{ config: 'films', path: '/a' }] })), /films is not among what is sent/)
  t.match(refusal(send({ edits: [{ config: 'photos', path: '/a/../b' }] })), /photos: \/path: .*\.\./)
  t.match(
    refusal(send({ configs: ['photos', 'films'], edits: [{ config: 'photos', name: 'films' }] })),
    /two configurations would be called films/,
  )
})

t.test('at most 64 things and 1 MiB', async (t) => {
  const names = (count: number) => Array.from({ length: count }, (_, at) => `s${at}`)
  const full = (count: number, apiKey: string) =>
    names(count).reduce(
      (all, name) => addSecret(all, name, { type: 'api-key', fields: { apiKey } }, AT),
      EMPTY,
    )
  const send = (count: number, apiKey: string) => () =>
    parcelOf(full(count, apiKey), { secrets: names(count), configs: [], edits: [] })
  t.equal(refusal(send(64, 'x')), 'it worked')
  t.match(refusal(send(65, 'x')), /65 things/)
  t.match(refusal(send(64, 'x'.repeat(16_384))), /\d+ bytes/)
})

t.test('what fits is read as it was sent', async (t) => {
  t.same(readParcel({ secrets: ITEMS, configs: [PHOTOS] }), { secrets: ITEMS, configs: [PHOTOS] })
})

const canary = (more: object) => ({ ...MINIO, fields: { ...MINIO.fields, ...more } })
const proto = JSON.parse(
  `{"name":"a","value":{"type":"api-key","fields":{"apiKey":"${CANARY}","__proto__":{"x":"${CANARY}"}}}}`,
)
const HOSTILE: readonly [what: string, secrets: readonly unknown[], configs: readonly unknown[], RegExp][] = [
  ['nothing', [], [], /there is nothing in it/],
  ['null', [null], [], /^secret 1: must be object/],
  ['a text', [CANARY], [], /^secret 1: must be object/],
  ['a list', [[CANARY]], [], /^secret 1: must be object/],
  ['an unknown type', [secret('a', { type: CANARY, fields: {} })], [], /^a: \/\S+: /],
  ['no type', [secret('a', { fields: { apiKey: CANARY } })], [], /^a: "type" is missing/],
  ['no fields', [secret('a', { type: 'api-key' })], [], /^a: "fields" is missing/],
  [
    'a missing field',
    [secret('a', { type: 'api-key', fields: {} })],
    [],
    /^a: \/fields: "apiKey" is missing/,
  ],
  ['another field', [secret('a', canary({ [CANARY]: 1 }))], [], /^a: \/fields: has a key that is not known/],
  ['a field beside', [{ ...secret('a'), [CANARY]: 1 }], [], /^a: has a key that is not known/],
  ['__proto__', [proto], [], /^a: \/fields: has a key that is not known/],
  [
    'a number',
    [secret('a', canary({ secretAccessKey: 7 }))],
    [],
    /^a: \/fields\/secretAccessKey: must be string/,
  ],
  [
    'a line too many',
    [secret('a', canary({ secretAccessKey: `${CANARY}\n` }))],
    [],
    /^a: \/fields\/secretAccessKey: has characters/,
  ],
  [
    'a value too long',
    [secret('a', canary({ secretAccessKey: CANARY.repeat(1_000) }))],
    [],
    /^a: \/fields\/secretAccessKey: must NOT have more than 16384/,
  ],
  ['a name with a slash', [secret(`${CANARY}/x`)], [], /^secret 1: \/name: has characters/],
  ['a name with a backslash', [secret(`${CANARY}\\x`)], [], /^secret 1: \/name: has characters/],
  ['..', [secret('..')], [], /^secret 1: \/name: has characters/],
  ['a control character', [secret(`${CANARY}\x1b[2J`)], [], /^secret 1: \/name: has characters/],
  ['a name that turns its direction', [secret(`${CANARY}\u202e`)], [], /^secret 1: \/name: has characters/],
  ['a name of 10 kB', [secret(CANARY.repeat(430))], [], /^secret 1: \/name: must NOT have more than 64/],
  ['no name', [secret('')], [], /^secret 1: \/name: /],
  [
    'a PEM that is none',
    [secret('a', { type: 'encryption-key', fields: { privateKeyPem: CANARY } })],
    [],
    /^a: \/fields\/privateKeyPem: it is not a private key/,
  ],
  [
    'a public key that is a private one',
    [
      secret('a', {
        ...PHOTO_KEY,
        fields: { ...PHOTO_KEY.fields, publicKeyPem: PHOTO_KEY.fields.privateKeyPem },
      }),
    ],
    [],
    /^a: \/fields\/publicKeyPem: it is a private key/,
  ],
  [
    'an endpoint with a password',
    [secret('a', canary({ endpoint: `https://u:${CANARY}@h` }))],
    [],
    /endpoint: /,
  ],
  ['the same name twice', [secret('a'), secret('b'), secret('a')], [], /^a is there twice/],
  [
    'a configuration twice',
    [],
    [
      { ...PHOTOS, links: {} },
      { ...PHOTOS, links: {} },
    ],
    /^photos is there twice/,
  ],
  [
    'an unknown type of configuration',
    [],
    [{ ...PHOTOS, type: CANARY }],
    /^photos: \/type: must be one of database$/,
  ],
  ['a path that escapes', [], [{ ...PHOTOS, links: {}, path: `/srv/../${CANARY}` }], /^photos: \/path: /],
  [
    'a path that escapes in an address',
    [],
    [{ ...PHOTOS, links: {}, path: `s3://b/%2e%2E/${CANARY}` }],
    /^photos: \/path: /,
  ],
  [
    'a path with a password',
    [],
    [{ ...PHOTOS, links: {}, path: `s3://u:${CANARY}@b/` }],
    /^photos: \/path: /,
  ],
  ['an origin that escapes', [], [{ ...PHOTOS, links: {}, origin: `..\\${CANARY}` }], /^photos: \/origin: /],
  ['a path of 10 kB', [], [{ ...PHOTOS, path: CANARY.repeat(430) }], /^photos: \/path: must NOT have more/],
  ['no path', [], [{ ...PHOTOS, path: undefined }], /^photos: "path" is missing/],
  ['an unknown role', [], [{ ...PHOTOS, links: { [CANARY]: 'a' } }], /^photos: \/links: has a key/],
  [
    'a link to what did not come',
    [],
    [{ ...PHOTOS, links: { s3: 'minio' } }],
    /^photos: \/links\/s3: there is no secret minio/,
  ],
  [
    'a link to another type',
    [secret('minio')],
    [{ ...PHOTOS, links: { s3: 'minio' } }],
    /^photos: \/links\/s3: minio is of type api-key, not s3-credentials/,
  ],
  [
    '65 things',
    Array.from({ length: 64 }, (_, at) => secret(`s${at}`)),
    [{ ...PHOTOS, links: {} }],
    /more than 64 things/,
  ],
]

for (const [what, secrets, configs, says] of HOSTILE) {
  t.test(`refused with the field named, and no value repeated: ${what}`, async (t) => {
    const problem = problemOf(secrets, configs)
    t.match(problem, says)
    t.notOk(problem?.includes(CANARY), String(problem))
    t.ok((problem?.length ?? 0) < 300)
  })
}

t.test('1 MiB is taken, and a byte more is not', async (t) => {
  const sized = (bytes: number) => {
    const items = Array.from({ length: 64 }, (_, at) =>
      secret(`s${at}`, { type: 'api-key', fields: { apiKey: 'x'.repeat(16_000) } }),
    )
    const missing = bytes - Buffer.byteLength(JSON.stringify({ secrets: items, configs: [] }))
    return items.map((item, at) => {
      const more = Math.floor(missing / 64) + (at < missing % 64 ? 1 : 0)
      return secret(item.name, { type: 'api-key', fields: { apiKey: 'x'.repeat(16_000 + more) } })
    })
  }
  t.equal(problemOf(sized(TRANSFER.bytes)), null)
  t.match(problemOf(sized(TRANSFER.bytes + 1)), /more than 1 MiB/)
})

t.test('whatever comes: it is taken as it is, or refused in words without a value', async () => {
  const text = fc.constantFrom(CANARY, `${CANARY}/..`, '..', '', 'a', 'api-key', 'database', 'minio')
  const any = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      text,
      fc.constantFrom(null, 0, true, MINIO, PLACES, PHOTO_KEY, PHOTOS),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(
        fc.constantFrom('name', 'value', 'type', 'fields', 'apiKey', 'links', 's3', CANARY),
        tie('value'),
      ),
    ),
  })).value
  const list = fc.array(fc.oneof(any, fc.record({ name: text, value: any })), { maxLength: 4 })
  fc.assert(
    fc.property(list, list, (secrets, configs) => {
      const read = readParcel({ secrets, configs })
      if ('problem' in read)
        return !read.problem.slice(0, -1).includes(CANARY) || isName(secrets, configs, read.problem)
      return read.secrets.length === secrets.length && read.configs.length === configs.length
    }),
    { numRuns: 2_000 },
  )
})

/** A name that fits is no value: it may be said. */
function isName(secrets: readonly unknown[], configs: readonly unknown[], problem: string): boolean {
  const named = [...secrets, ...configs].some((each) => (each as { name?: unknown } | null)?.name === CANARY)
  return named && problem.startsWith(CANARY)
}
