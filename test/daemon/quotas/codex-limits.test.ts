// What Codex's rollouts say of its limits: the last word near the end of a file, of the limit that is meant, and nothing that cannot be true.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { limitsIn, readCodexLimits } from '../../../src/daemon/quotas/codex-limits.ts'
import { isObservation } from '../../../src/daemon/quotas/observation.ts'
import { temporaryFolder } from '../../harness/daemon.ts'

const NOW = Date.parse('2026-11-20T12:00:00Z')
const RESETS = NOW / 1000 + 3_600

const line = (limits: unknown, timestamp = '2026-11-20T11:59:00Z', more: object = {}) =>
  JSON.stringify({
    timestamp,
    type: 'event_msg',
    payload: { type: 'token_count', info: null, rate_limits: limits, ...more },
  })
const window = (used: unknown, minutes: unknown = 300, resets: unknown = RESETS) => ({
  used_percent: used,
  window_minutes: minutes,
  resets_at: resets,
})
const read = (text: string) => limitsIn(text, null, NOW)

t.test('both windows, told apart by their length', async (t) => {
  const found = read(line({ limit_id: 'codex', primary: window(84, 10_080), secondary: window(12.5, 300) }))
  t.match(found, [
    { agent: 'codex', windowSeconds: 604_800, usedPercent: 84, resetAt: RESETS * 1000 },
    { windowSeconds: 18_000, usedPercent: 12.5, observedAt: NOW - 60_000 },
  ])
  t.match(read(line({ primary: window(5) })), [{ usedPercent: 5 }], 'older logs name no limit')
  t.match(read(line({ primary: { used_percent: 5, window_minutes: 300, resets_in_seconds: 60 } })), [
    { resetAt: NOW },
  ])
  t.match(read(line({ primary: window(130) })), [{ usedPercent: 100 }])
})

t.test('other limits, and lines about used-up credits, say nothing', async (t) => {
  t.strictSame(read(line({ limit_id: 'codex_bengalfox', primary: window(5) })), [])
  t.strictSame(
    read(line({ limit_id: 'premium', primary: null, secondary: null, credits: { balance: '0' } })),
    [],
  )
  t.strictSame(read(line(null)), [])
  t.strictSame(read(line({ primary: window(5) }, undefined, { type: 'agent_message' })), [])
})

t.test('what cannot be true is not taken', async (t) => {
  const bad = [-1, Number.NaN, '5', null, [5]].map((used) => window(used))
  bad.push(window(5, 0), window(5, -300), window(5, 1e9), window(5, 300, -1), window(5, 300, 1e12))
  for (const primary of bad) t.strictSame(read(line({ primary })), [], JSON.stringify(primary))
  t.strictSame(read(line({ primary: window(5) }, '2999-01-01T00:00:00Z')), [], 'of the future')
  t.strictSame(read(line({ primary: window(5) }, 'yesterday')), [])
  t.strictSame(read('{"rate_limits" broken'), [])
})

t.test('a property: whatever a line holds, what is taken is an observation', async () => {
  const property = fc.property(fc.jsonValue(), fc.jsonValue(), (primary, limits) => {
    for (const text of [line({ primary }), line(limits), line({ primary: window(primary, limits) })]) {
      for (const each of read(text)) assert.ok(isObservation(each, NOW))
    }
  })
  fc.assert(property)
})

t.test('the last word of a file, however much of other things follows it within a megabyte', async (t) => {
  const path = join(temporaryFolder(t), 'rollout.jsonl')
  const filler = `${JSON.stringify({ type: 'response_item', payload: { text: 'é'.repeat(200) } })}\n`
  const words = [
    line({ primary: window(10) }),
    line({ primary: window(20) }),
    line({ limit_id: 'premium', primary: null }),
  ]
  writeFileSync(path, `${words.join('\n')}\n`)
  t.match(await readCodexLimits(path, 'ab'.repeat(16), NOW), [{ usedPercent: 20, account: 'ab'.repeat(16) }])
  for (const bytes of [64 << 10, 200 << 10, 900 << 10]) {
    writeFileSync(path, `${words.join('\n')}\n${filler.repeat(Math.ceil(bytes / Buffer.byteLength(filler)))}`)
    t.match(await readCodexLimits(path, null, NOW), [{ usedPercent: 20 }], `${bytes >> 10} kB behind`)
  }
  writeFileSync(path, `${words.join('\n')}\n${'x'.repeat(2 << 20)}`)
  t.strictSame(await readCodexLimits(path, null, NOW), [], 'further back nobody looks')
  writeFileSync(path, words[0]!)
  t.match(await readCodexLimits(path, null, NOW), [{ usedPercent: 10 }], 'a last line without its line feed')
  writeFileSync(path, '')
  t.strictSame(await readCodexLimits(path, null, NOW), [])
  await t.rejects(readCodexLimits(join(path, 'not'), null, NOW))
})
