// User codes: their letters, and what people make of them when they type.
import fc from 'fast-check'
import t from 'tap'
import { newUserCode, readUserCode } from '../../../src/daemon/access/user-code.ts'

const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ'

t.test('eight of twenty letters, each drawn by itself from a source without bias', async (t) => {
  const asked: number[] = []
  let next = 0
  const draw = (below: number) => {
    asked.push(below)
    return next++ % below
  }
  const codes = Array.from({ length: 5 }, () => newUserCode(draw))
  t.same(asked, Array(40).fill(20), 'no remainder of a larger number')
  t.equal(codes.join('').replaceAll('-', ''), LETTERS.repeat(2))
  for (const code of codes) t.match(code, /^[A-Z]{4}-[A-Z]{4}$/)
})

t.test('by itself it draws every letter at every place, and hardly a code twice', async (t) => {
  const codes = Array.from({ length: 2_000 }, () => newUserCode())
  // Two alike among 2,000 come once in 13,000 runs; ten never.
  t.ok(new Set(codes).size > 1_990)
  for (const at of [0, 1, 2, 3, 5, 6, 7, 8]) t.equal(new Set(codes.map((code) => code[at])).size, 20)
})

t.test('people type: any case, spaces, hyphens', async (t) => {
  for (const typed of ['wdjbmjht', 'WDJB MJHT', ' w d j b - m j h t\n', 'wdjb–mjht', 'WDJB\u2011MJHT']) {
    t.equal(readUserCode(typed), 'WDJB-MJHT', JSON.stringify(typed))
  }
  const noise = fc.constantFrom('', ' ', '-', '  ', '–')
  fc.assert(
    fc.property(fc.array(fc.tuple(noise, fc.boolean()), { minLength: 8, maxLength: 8 }), (each) => {
      const code = newUserCode()
      const letters = code.replace('-', '')
      const typed = each.map(([gap, small], at) => gap + (small ? letters[at]!.toLowerCase() : letters[at]))
      return readUserCode(typed.join('')) === code
    }),
  )
})

t.test('whatever else is typed is no code', async (t) => {
  const none = [
    '',
    'WDJB-MJH',
    'WDJB-MJHTT',
    'WDJA-MJHT',
    '1234-5678',
    'WDJB_MJHT',
    'WDJB-MJHT;',
    'ＷDJBMJHT',
  ]
  for (const typed of [...none, 'W'.repeat(1_000_000), ' '.repeat(1_000_000), `WDJBMJHT${' '.repeat(57)}`]) {
    t.equal(readUserCode(typed), null, typed.slice(0, 20))
  }
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (typed) => {
      const code = readUserCode(typed)
      return code === null || /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/.test(code)
    }),
  )
})
