// What becomes of what came: every decision, what refers to it, and that what throws has changed nothing.
import fc from 'fast-check'
import t from 'tap'
import type { Decision, Edit } from '../../../../src/contract/transfers.ts'
import { type Contents, EMPTY, isContents, linksOf } from '../../../../src/daemon/vault/contents.ts'
import { addConfig, addSecret } from '../../../../src/daemon/vault/items.ts'
import type { Parcel } from '../../../../src/daemon/vault/transfer/parcel.ts'
import { arrivedOf, review } from '../../../../src/daemon/vault/transfer/review.ts'
import { AT, apiKey } from '../safes.ts'
import { CANARY, MINIO, PHOTOS, SECRETS } from './two-devices.ts'

const LATER = '2026-11-21T12:00:00.000Z'
const PARCEL: Parcel = {
  secrets: Object.entries(SECRETS).map(([name, value]) => ({ name, value })),
  configs: [PHOTOS],
}
const MINE = { ...MINIO, fields: { ...MINIO.fields, secretAccessKey: 'mine' } } as const
const FILMS = { ...PHOTOS, name: 'films', path: '/srv/films', links: { s3: 'minio' } } as const

/** Another `minio`, and a configuration that uses it. */
const here = addConfig(addSecret(EMPTY, 'minio', MINE, AT), FILMS, AT)

function decided(
  contents: Contents,
  decisions: readonly Decision[] = [],
  edits: readonly Edit[] = [],
  parcel = PARCEL,
) {
  return review(frozen(contents), parcel, decisions, edits, LATER)
}

/** Whoever changed it in place would throw a TypeError. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) frozen(each)
  return Object.freeze(value)
}

function refusal(...words: Parameters<typeof decided>): string {
  try {
    decided(...words)
    return 'it worked'
  } catch (error) {
    return (error as Error).message
  }
}

const about = (name: string, choice: Decision['choice'], as?: string): Decision => ({
  kind: 'secret',
  name,
  choice,
  ...(as === undefined ? {} : { as }),
})
const config = (name: string, choice: Decision['choice'], as?: string): Decision => ({
  ...about(name, choice, as),
  kind: 'config',
})
const secretIn = ({ secrets }: Contents, name: string) => {
  const found = secrets.find((each) => each.name === name)
  return found === undefined ? undefined : { type: found.type, fields: found.fields }
}
const linksIn = ({ configs }: Contents, name: string) => configs.find((each) => each.name === name)?.links
const NONE = { saved: [], reused: [], renamed: [], replaced: [], declined: [] }

t.test('what is new is saved; the very same is reused, and written once', async (t) => {
  const first = decided(EMPTY)
  t.same(first.outcome, { ...NONE, saved: ['minio', 'photo-key', 'places', 'photos'] })
  const again = decided(first.contents)
  t.same(again.outcome, { ...NONE, reused: ['minio', 'photo-key', 'places', 'photos'] })
  t.same(again.contents, first.contents)
})

t.test(
  'where names are taken by something else the owner has to say, and all of them are named',
  async (t) => {
    const both = addConfig(here, { ...PHOTOS, links: {} }, AT)
    t.match(refusal(both), /minio, photos/)
    t.match(
      refusal(both, [about('minio', 'save'), config('photos', 'save')]),
      /minio, photos/,
      'save is no answer to it',
    )
    t.match(refusal(both, [about('minio', 'reuse')]), /a name is taken here: photos|photos/)
  },
)

t.test('reuse: mine stays, and links lead to it', async (t) => {
  const { contents, outcome } = decided(here, [about('minio', 'reuse')])
  t.same(outcome, { ...NONE, saved: ['photo-key', 'places', 'photos'], reused: ['minio'] })
  t.same(secretIn(contents, 'minio'), MINE)
  t.same(linksIn(contents, 'photos'), PHOTOS.links)
})

t.test('replace: theirs stands there, also for what referred to mine', async (t) => {
  const { contents, outcome } = decided(here, [about('minio', 'replace')])
  t.same(outcome, { ...NONE, saved: ['photo-key', 'places', 'photos'], replaced: ['minio'] })
  t.same(secretIn(contents, 'minio'), MINIO)
  t.equal(contents.secrets.find(({ name }) => name === 'minio')?.createdAt, AT)
  t.same(linksIn(contents, 'films'), { s3: 'minio' })
})

t.test('rename: both stand there, each with what refers to it', async (t) => {
  const { contents, outcome } = decided(here, [about('minio', 'rename', 'minio-2')])
  t.same(outcome, {
    ...NONE,
    saved: ['photo-key', 'places', 'photos'],
    renamed: [{ name: 'minio', as: 'minio-2' }],
  })
  t.same([secretIn(contents, 'minio'), secretIn(contents, 'minio-2')], [MINE, MINIO])
  t.same(linksIn(contents, 'photos'), { ...PHOTOS.links, s3: 'minio-2' })
  t.same(linksIn(contents, 'films'), { s3: 'minio' })
})

t.test('skip: its link is dropped and named, and does not lead to what is here by chance', async (t) => {
  const { contents, outcome, unlinked } = decided(here, [about('minio', 'skip')])
  t.same(outcome, { ...NONE, saved: ['photo-key', 'places', 'photos'], declined: ['minio'] })
  t.same(unlinked, [{ config: 'photos', role: 's3', secret: 'minio' }])
  t.same(linksIn(contents, 'photos'), { encryptionKey: 'photo-key', geocodingKey: 'places' })
  const renamed = decided(here, [about('minio', 'skip'), config('photos', 'rename', 'pictures')])
  t.same(renamed.unlinked, [{ config: 'pictures', role: 's3', secret: 'minio' }], 'by its name here')
})

t.test('a configuration: kept, replaced, renamed or skipped', async (t) => {
  const old = { ...PHOTOS, path: '/old', links: {} }
  const taken = addConfig(EMPTY, old, AT)
  const path = (contents: Contents, name = 'photos') =>
    contents.configs.find((each) => each.name === name)?.path
  const kept = decided(taken, [config('photos', 'reuse')])
  t.same([path(kept.contents), kept.outcome.reused], ['/old', ['photos']])
  const replaced = decided(taken, [config('photos', 'replace')])
  t.same([path(replaced.contents), replaced.outcome.replaced], [PHOTOS.path, ['photos']])
  t.same(linksIn(replaced.contents, 'photos'), PHOTOS.links)
  const renamed = decided(taken, [config('photos', 'rename', 'pictures')])
  t.same([path(renamed.contents), path(renamed.contents, 'pictures')], ['/old', PHOTOS.path])
  t.same(renamed.outcome.renamed, [{ name: 'photos', as: 'pictures' }])
  const skipped = decided(taken, [config('photos', 'skip')])
  t.same([path(skipped.contents), skipped.outcome.declined, skipped.unlinked], ['/old', ['photos'], []])
})

t.test('edits: another name, description and path; under the new name it may be taken or free', async (t) => {
  const edit = { config: 'photos', name: 'pictures', description: 'mine', path: '/mnt/pictures' }
  const { contents, outcome } = decided(EMPTY, [], [edit])
  t.same(outcome, {
    ...NONE,
    saved: ['minio', 'photo-key', 'places'],
    renamed: [{ name: 'photos', as: 'pictures' }],
  })
  t.match(contents.configs, [
    { name: 'pictures', description: 'mine', path: '/mnt/pictures', links: PHOTOS.links },
  ])
  t.match(refusal(here, [about('minio', 'reuse')], [{ config: 'photos', name: 'films' }]), /photos/)
  t.match(refusal(EMPTY, [], [{ config: 'photos', path: '/a/../b' }]), /photos: \/path: /)
  t.match(refusal(EMPTY, [], [{ config: 'films', path: '/a' }]), /films: no configuration of that name came/)
})

t.test('another type under the same name', async (t) => {
  const other = addSecret(EMPTY, 'minio', apiKey('mine'), AT)
  t.match(refusal(other, [about('minio', 'reuse')]), /minio here is of type api-key, not s3-credentials/)
  const { contents } = decided(other, [about('minio', 'replace')])
  t.same(secretIn(contents, 'minio'), MINIO, 'nothing uses it: it may go')
  const used = addConfig(other, { ...FILMS, links: { geocodingKey: 'minio' } }, AT)
  t.match(refusal(used, [about('minio', 'replace')]), /films would lose it/)
  const renamed = decided(used, [about('minio', 'rename', 'storage')])
  t.same(linksIn(renamed.contents, 'photos'), { ...PHOTOS.links, s3: 'storage' })
})

t.test('decisions that do not fit', async (t) => {
  const minio = (...rest: Decision[]) => refusal(here, rest)
  t.match(minio(about('minio', 'rename', 'minio')), /minio/, 'onto the name that is taken')
  t.match(minio(about('minio', 'rename', 'places')), /places/, 'onto a name that comes too')
  t.match(
    minio(about('minio', 'rename', 'x'), about('places', 'rename', 'x')),
    /x/,
    'two that would be called the same',
  )
  t.match(minio(about('minio', 'rename')), /rename takes a new name/)
  t.match(minio(about('minio', 'reuse', 'x')), /nothing else does/)
  t.match(minio(about('minio', 'reuse'), about('places', 'replace')), /places: nothing here is called so/)
  t.match(minio(about('minio', 'reuse'), about('minio', 'skip')), /minio is decided twice/)
  t.match(minio(about('gone', 'skip')), /gone: no secret of that name came/)
  t.match(minio(config('minio', 'skip')), /minio: no configuration of that name came/)
  const two: Parcel = { secrets: [], configs: ['a', 'b'].map((name) => ({ ...PHOTOS, name, links: {} })) }
  t.match(refusal(EMPTY, [], [{ config: 'a', name: 'b' }], two), /two configurations would be called b/)
  t.match(refusal(EMPTY, [config('a', 'rename', 'c'), config('b', 'rename', 'c')], [], two), /c/)
})

t.test('names of Object’s own are names like others', async (t) => {
  const names = ['__proto__', 'constructor', 'toString']
  const parcel: Parcel = { secrets: names.map((name) => ({ name, value: apiKey('x') })), configs: [] }
  const { contents, outcome } = decided(EMPTY, [], [], parcel)
  t.same([...outcome.saved].sort(), [...names].sort())
  t.same(decided(contents, [], [], parcel).outcome.reused, names)
})

t.test(
  'the preview says what is new, what collides and what is here already, and has no secret',
  async (t) => {
    const arrived = arrivedOf(here, PARCEL, (path) => path === PHOTOS.path)
    t.match(arrived, [
      { name: 'minio', collision: { type: 's3-credentials', same: false, usedBy: ['films'] } },
      { name: 'photo-key', collision: null, details: {} },
      { name: 'places', collision: null, details: {} },
      { name: 'photos', links: PHOTOS.links, notes: [/there is something at \/srv\/photos/] },
    ])
    t.same(arrived[0]?.details, { region: 'eu-central-1', accessKeyId: 'AKIA1' })
    t.notOk(/canary|PRIVATE KEY/.test(JSON.stringify(arrived)))
    const after = arrivedOf(decided(EMPTY).contents, PARCEL, () => false)
    t.same(
      after.map(({ collision }) => collision?.same),
      [true, true, true, true],
    )
  },
)

t.test(
  'whatever is decided: a vault that holds together, with an outcome that is true, or nothing',
  async (t) => {
    const NAMES = ['minio', 'photo-key', 'places', 'photos', 'films', 'x'] as const
    const decision = fc.record(
      {
        kind: fc.constantFrom('secret' as const, 'config' as const),
        name: fc.constantFrom(...NAMES),
        choice: fc.constantFrom('save', 'reuse', 'replace', 'rename', 'skip'),
        as: fc.constantFrom(...NAMES),
      },
      { requiredKeys: ['kind', 'name', 'choice'] },
    ) as fc.Arbitrary<Decision>
    const edit = fc.record(
      {
        config: fc.constantFrom('photos', 'films'),
        name: fc.constantFrom(...NAMES),
        path: fc.constant('/p'),
      },
      { requiredKeys: ['config'] },
    ) as fc.Arbitrary<Edit>
    const vaults = [
      EMPTY,
      here,
      addSecret(EMPTY, 'minio', apiKey('mine'), AT),
      addConfig(here, { ...PHOTOS, links: {} }, AT),
      decided(EMPTY).contents,
    ]
    let worked = 0
    fc.assert(
      fc.property(
        fc.constantFrom(...vaults),
        fc.uniqueArray(decision, { maxLength: 5, selector: ({ kind, name }) => `${kind} ${name}` }),
        fc.array(edit, { maxLength: 1 }),
        (contents, decisions, edits) => {
          let found: ReturnType<typeof decided>
          try {
            found = decided(contents, decisions, edits)
          } catch (error) {
            return (error as Error).name === 'TallyError' && !(error as Error).message.includes(CANARY)
          }
          worked++
          const { contents: after, outcome } = found
          const { saved, reused, renamed, replaced, declined } = outcome
          const told = [
            ...saved,
            ...reused,
            ...renamed.map(({ name }) => name),
            ...replaced,
            ...declined,
          ].sort()
          // Times are compared by nobody: they are told.
          const isWhole = isContents(after) && told.join() === 'minio,photo-key,photos,places'
          const added =
            after.secrets.length + after.configs.length - contents.secrets.length - contents.configs.length
          const isKept = contents.configs.every(
            (before) =>
              replaced.includes(before.name) ||
              linksOf(before).join() ===
                linksOf(after.configs.find(({ name }) => name === before.name)!).join(),
          )
          return isWhole && isKept && added === saved.length + renamed.length
        },
      ),
      { numRuns: 5_000 },
    )
    t.ok(worked > 100, `${worked} of 5,000 were saved`)
  },
)
