// What is said of values that do not fit.
import t from 'tap'
import { ERRORS } from '../../src/contract/errors.ts'
import { CONFIG, PARAMS } from '../../src/contract/generated/validators.ts'
import { nearest, problemOf } from '../../src/contract/misfit.ts'

t.test('the nearest known word', async (t) => {
  t.equal(nearest('sorces', ['device', 'sources', 'prices']), 'sources')
  t.equal(nearest('RANGE', ['range']), 'range')
  t.equal(nearest('banana', ['device', 'sources']), undefined)
  t.equal(nearest('x'.repeat(10_000), ['device']), undefined)
  t.equal(nearest('a', []), undefined)
})

t.test('lengths are code points, as JSON Schema counts them', async (t) => {
  t.ok(CONFIG({ device: { name: '😀'.repeat(64) } }))
  t.notOk(CONFIG({ device: { name: '😀'.repeat(65) } }))
})

t.test('lists without repeats', async (t) => {
  const summary = PARAMS['usage.summary']
  t.ok(summary({ by: ['day', 'model'] }))
  t.notOk(summary({ by: ['day', 'day'] }))
  t.match(problemOf(summary), { path: '/by', problem: /duplicate/ })
})

t.test('long values are cut', async (t) => {
  t.notOk(CONFIG({ device: { name: 'x'.repeat(100) } }))
  t.ok(problemOf(CONFIG).problem.length < 150)
})

t.test('no two errors share a code: a client tells them apart by it', async (t) => {
  const codes = Object.values(ERRORS).map(({ code }) => code)
  t.equal(new Set(codes).size, codes.length)
})
