// What rows come to, how they are stacked, and the colours of series.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Bin } from '../../../src/page/usage/bins.ts'
import { everyNth, scaleFor } from '../../../src/page/usage/scale.ts'
import { COLOURS, type Colours, coloursFor, stackOf } from '../../../src/page/usage/stack.ts'
import { cacheRate, measured, ranked, tokensIn, totalOf } from '../../../src/page/usage/sums.ts'
import { row } from './rows.ts'

const HOUR = 3_600_000
const BINS: readonly Bin[] = [0, 1, 2].map((at) => ({
  start: at * HOUR,
  end: (at + 1) * HOUR,
  label: String(at),
  title: String(at),
}))
const hour = (at: number) => new Date(at * HOUR).toISOString()

t.test('tokens are the five classes, and reasoning is in output already', async (t) => {
  t.equal(
    tokensIn({ input: 1, output: 2, cacheRead: 4, cacheWrite5m: 8, cacheWrite1h: 16, reasoning: 2 }),
    31,
  )
  t.equal(tokensIn(null), 0)
})

t.test('no price at all is no cost; nothing at all costs nothing', async (t) => {
  t.equal(totalOf([]).costUSD, 0)
  t.equal(totalOf([row({ costUSD: null })]).costUSD, null)
  t.equal(totalOf([row({ costUSD: null }), row({ costUSD: 2 })]).costUSD, 2)
  t.equal(measured(row({ costUSD: null }), 'spend'), null)
  t.equal(measured(row({ costUSD: null }), 'tokens'), 1000)
})

t.test('ranks: the largest first, what has no price last, by its tokens', async (t) => {
  const rows = [
    row({ model: 'small', costUSD: 1 }),
    row({ model: 'free', costUSD: null }),
    row({ model: 'freer', costUSD: null, calls: 9 }),
    row({ model: 'large', costUSD: 3 }),
    row({ model: 'small', costUSD: 1 }),
    row({ model: 'nothing', costUSD: 0 }),
  ]
  const names = (measure: 'spend' | 'tokens') => ranked(rows, 'model', measure).map(({ name }) => name)
  t.same(names('spend'), ['large', 'small', 'nothing', 'freer', 'free'])
  t.same(names('tokens'), ['freer', 'small', 'free', 'large', 'nothing'])
})

t.test('the cache rate is what was read of all that went in; output has no part in it', async (t) => {
  const tokens = { input: 5, output: 1_000, cacheRead: 80, cacheWrite5m: 10, cacheWrite1h: 5, reasoning: 0 }
  t.equal(cacheRate(tokens), 0.8)
  t.equal(cacheRate({ ...tokens, input: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 }), null)
})

t.test('more than seven names: the rest are others, and nothing is lost', async (t) => {
  const rows = Array.from({ length: 12 }, (_, at) =>
    row({ device: `d${at}`, hour: hour(at % 3), costUSD: 12 - at, calls: 1 }),
  )
  const order = ranked(rows, 'device', 'spend').map(({ name }) => name)
  const stack = stackOf(rows, 'device', 'spend', BINS, coloursFor(order, new Map()))
  t.same(
    stack.series.map(({ name }) => name),
    ['d0', 'd1', 'd2', 'd3', 'd4', 'd5', 'd6', null],
  )
  t.equal(stack.others, 5)
  t.equal(stack.series.at(-1)?.total.costUSD, 5 + 4 + 3 + 2 + 1)
  t.same(stack.heights, [12 + 9 + 6 + 3, 11 + 8 + 5 + 2, 10 + 7 + 4 + 1])
  t.same(
    BINS.map((_, at) => stack.series.reduce((sum, { values }) => sum + values[at]!, 0)),
    stack.heights,
  )
})

t.test('one more than seven is called by its name, in the colour of others', async (t) => {
  const rows = Array.from({ length: 8 }, (_, at) => row({ device: `d${at}`, hour: hour(0), costUSD: 8 - at }))
  const order = ranked(rows, 'device', 'spend').map(({ name }) => name)
  const { series } = stackOf(rows, 'device', 'spend', BINS, coloursFor(order, new Map()))
  t.match(series.at(-1), { name: 'd7', colour: null, values: [1, 0, 0] })
})

t.test('names that are words of the language are names', async (t) => {
  const names = ['__proto__', 'constructor', '', 'null']
  const rows = names.map((device) => row({ device, hour: hour(0), costUSD: 1 }))
  const stack = stackOf(rows, 'device', 'spend', BINS, coloursFor(names, new Map()))
  t.same(stack.series.map(({ name }) => name).sort(), [...names].sort())
  t.equal(stack.heights[0], 4)
})

t.test('a row outside of all bars is in none', async (t) => {
  const stack = stackOf([row({ device: 'a', hour: hour(7) })], 'device', 'spend', BINS, new Map([['a', 0]]))
  t.same(stack.heights, [0, 0, 0])
})

t.test('a name keeps its colour when ranks change, and through an answer without it', async (t) => {
  const first = coloursFor(['a', 'b', 'c'], new Map())
  t.same(
    [...first],
    [
      ['a', 0],
      ['b', 1],
      ['c', 2],
    ],
  )
  const turned = coloursFor(['c', 'd', 'a'], first)
  t.equal(turned.get('a'), 0)
  t.equal(turned.get('c'), 2)
  t.equal(turned.get('d'), 3, 'one that nobody had')
  t.equal(coloursFor(['b'], turned).get('b'), 1, 'it was kept for b')
})

t.test('no two names ever have one colour, and the first seven each have one', async () => {
  const name = fc.constantFrom(...Array.from({ length: 15 }, (_, at) => `n${at}`))
  const order = fc.uniqueArray(name, { maxLength: 15 })
  fc.assert(
    fc.property(fc.array(order, { maxLength: 12 }), (orders) => {
      let colours: Colours = new Map()
      for (const names of orders) {
        const before = colours
        colours = coloursFor(names, before)
        const shown = names.slice(0, COLOURS)
        assert.equal(new Set(colours.values()).size, colours.size)
        for (const each of shown) {
          const had = before.get(each)
          const has = colours.get(each)
          assert.ok(has !== undefined && has >= 0 && has < COLOURS)
          if (had !== undefined) assert.equal(has, had)
        }
        for (const each of names.slice(COLOURS)) assert.ok(!colours.has(each))
      }
    }),
  )
})

t.test('a scale holds its largest value in round steps', async (t) => {
  t.same(scaleFor(9.6), { top: 10, ticks: [0, 2.5, 5, 7.5, 10] })
  t.same(scaleFor(0), { top: 1, ticks: [0] })
  t.same(scaleFor(Number.NaN), { top: 1, ticks: [0] })
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1e15, noNaN: true }), (largest) => {
      const { top, ticks } = scaleFor(largest)
      assert.ok(top >= largest * (1 - 1e-6) && top <= largest * 2.6)
      assert.ok(ticks.length >= 2 && ticks.length <= 6)
    }),
  )
})

t.test('labels as many as fit', async (t) => {
  t.equal(everyNth(31, 620, 20), 1)
  t.equal(everyNth(31, 300, 20), 3)
  t.equal(everyNth(31, 0, 20), 31)
})
