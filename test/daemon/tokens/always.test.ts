// Whatever is done to members and tokens, in whatever order and however much of it at once: what has ended stays ended, what was
// promised stays valid, and nothing is left without an owner.
import fc from 'fast-check'
import t from 'tap'
import type { Scope } from '../../../src/contract/scope-words.ts'
import { isTokenData } from '../../../src/daemon/tokens/token-data.ts'
import type { Tokens } from '../../../src/daemon/tokens/tokens.ts'
import { full, type Kept, kept, order } from './kept.ts'

type Step =
  | {
      readonly kind: 'create'
      readonly member: string
      readonly scope: Scope
      readonly expiresIn: number | undefined
    }
  | { readonly kind: 'revoke' | 'giveBack' | 'use'; readonly which: number }
  | { readonly kind: 'rotate' | 'remove'; readonly member: string }
  | { readonly kind: 'rename'; readonly member: string; readonly to: string }
  | { readonly kind: 'expire' }
  | { readonly kind: 'pass'; readonly seconds: number }
  | { readonly kind: 'setBack'; readonly seconds: number }
  | { readonly kind: 'disk'; readonly isFull: boolean }

const member = fc.constantFrom('ann', 'ben', 'cem')
const which = fc.nat(40)
const seconds = fc.integer({ min: 1, max: 900 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('create' as const),
    member,
    scope: fc.constantFrom<Scope>('usage:read', 'admin'),
    expiresIn: fc.option(fc.integer({ min: 60, max: 900 }), { nil: undefined }),
  }),
  fc.record({ kind: fc.constantFrom('revoke' as const, 'giveBack' as const, 'use' as const), which }),
  fc.record({ kind: fc.constantFrom('rotate' as const, 'remove' as const), member }),
  fc.record({ kind: fc.constant('rename' as const), member, to: member }),
  fc.constant({ kind: 'expire' as const }),
  fc.record({ kind: fc.constant('pass' as const), seconds }),
  fc.record({ kind: fc.constant('setBack' as const), seconds }),
  fc.record({ kind: fc.constant('disk' as const), isFull: fc.boolean() }),
)

/** What was said to those who asked. */
interface Said {
  readonly id: string
  readonly secret: string
  /** By the clock that never goes back: not before, and not after; infinite for never. */
  readonly expires: readonly [number, number]
}

/** Does one step; adds to `said` what was made, to `over` what was said to be over. */
async function act(
  { tokens, document, pass, clock }: Kept,
  wanted: Step,
  said: Said[],
  over: Set<string>,
): Promise<void> {
  const pick = (index: number) => said[index % Math.max(1, said.length)]
  switch (wanted.kind) {
    case 'create': {
      const { expiresIn } = wanted
      const life = expiresIn === undefined ? Number.POSITIVE_INFINITY : expiresIn * 1_000
      const asked = clock.monotonic
      const made = await tokens.create(order(wanted.member, [wanted.scope], { expiresIn }))
      said.push({ ...made, expires: [asked + life, clock.monotonic + life] })
      return
    }
    case 'revoke':
      over.add((await tokens.revoke(pick(wanted.which)?.id ?? '', { by: 'owner', force: false })).id)
      return
    case 'giveBack':
      over.add((await tokens.giveBack(pick(wanted.which)?.secret ?? '', null))?.id ?? '')
      return
    case 'use':
      tokens.authenticate(pick(wanted.which)?.secret ?? '', null)
      return
    case 'rotate': {
      const plain = { scopes: undefined, label: undefined, expiresIn: undefined, by: 'owner' }
      const { token, revoked } = await tokens.rotate(wanted.member, plain)
      said.push({ ...token, expires: [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY] })
      for (const { id } of revoked) over.add(id)
      return
    }
    case 'remove':
      await tokens.removeMember(wanted.member, { by: 'owner', force: false })
      return
    case 'rename':
      await tokens.renameMember(wanted.member, wanted.to, 'owner')
      return
    case 'expire':
      return tokens.expire()
    case 'pass':
      return pass(wanted.seconds * 1_000)
    case 'setBack':
      clock.wall -= wanted.seconds * 1_000
      return
    case 'disk':
      document.refusal = wanted.isFull ? full() : null
  }
}

/** Throws where something is not as it always is. */
function check(
  { document, ended, clock }: Kept,
  tokens: Tokens,
  said: readonly Said[],
  over: ReadonlySet<string>,
): void {
  if (!isTokenData(document.value)) throw new Error('the document could not be read again')
  const listed = new Set(tokens.list().map(({ id }) => id))
  for (const { id, secret, expires } of said) {
    const isValid = tokens.authenticate(secret, null) !== null
    if (isValid !== listed.has(id)) throw new Error(`${id} is listed: ${!isValid}, valid: ${isValid}`)
    const isOver = over.has(id) || ended.includes(id)
    if (isValid && (isOver || clock.monotonic >= expires[1])) throw new Error(`${id} is over, yet valid`)
    if (!isValid && !isOver && clock.monotonic < expires[0])
      throw new Error(`${id} is not valid, yet not over`)
  }
  if (listed.size !== said.filter(({ id }) => listed.has(id)).length)
    throw new Error('one that nobody was given')
}

t.test('no sequence of steps, many at once, leaves a token valid that has ended', async (t) => {
  let valid = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { maxLength: 12 }),
      async (rounds) => {
        const at = kept(t)
        const [said, over]: [Said[], Set<string>] = [[], new Set()]
        let hadAdmin = false
        for (const round of rounds) {
          // Its steps are begun one after the other, and none waits for the one before.
          await Promise.allSettled(round.map((wanted) => act(at, wanted, said, over)))
          check(at, at.tokens, said, over)
          const admins = at.tokens.list().filter(({ scopes }) => scopes.includes('admin'))
          const mayEnd = round.some(({ kind }) => ['pass', 'giveBack', 'expire', 'setBack'].includes(kind))
          if (hadAdmin && !mayEnd && admins.length === 0) throw new Error('the last admin is gone')
          hadAdmin = admins.length > 0
          valid += at.tokens.list().length
        }
        await at.tokens.close()
        // Whoever reads the document next, with a clock that is right, sees the same or less.
        const next = kept(t, at.document.value)
        next.clock.wall = Math.max(at.clock.wall, next.clock.wall + at.clock.monotonic - 5_000)
        for (const { id, secret } of said) {
          const isOver = over.has(id) || at.ended.includes(id)
          if (next.tokens.authenticate(secret, null) !== null && isOver) throw new Error(`${id} came back`)
        }
        await next.tokens.close()
      },
    ),
    { numRuns: 150 },
  )
  t.ok(valid > 100, `${valid} tokens were valid after some round`)
})
