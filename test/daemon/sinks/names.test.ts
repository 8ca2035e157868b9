// Names from logs and other devices in the text: whatever they are, no line breaks and no two are mixed up.
import assert from 'node:assert'
import fc from 'fast-check'
import t from 'tap'
import { createMetrics } from '../../../src/daemon/sinks/metrics.ts'
import { AWAY, context, group, historyOf, numberOf, SELF, samplesIn } from './scraped.ts'

t.test('names that look like two labels are not taken for each other', async (t) => {
  const history = historyOf([
    group('x,model:y', 'a', 'z', { calls: 1 }),
    group('x', 'a', 'y,model:z', { calls: 2 }),
  ])
  const text = await createMetrics(context({ history: () => history })).text('classic')
  const calls = samplesIn(text).filter(({ name }) => name === 'tallyd_usage_calls_total')
  t.same(
    calls.map(({ value }) => value),
    [1, 2],
  )
})

t.test(
  'always: whatever the names are, each line is a sample, none is there twice, and names can be read back',
  async () => {
    const name = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string({
        unit: fc.constantFrom('"', '\\', '\n', ',', '{', '}', '=', ' ', '#', '\ud800', 'n'),
        maxLength: 12,
      }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, name, name), { maxLength: 20 }), async (names) => {
        const history = historyOf(
          names.map(([device, agent, model]) => group(device, agent, model, { costUSD: 1 })),
        )
        const devices = names.map(([device]) => ({ ...AWAY, name: device }))
        const metrics = createMetrics(context({ history: () => history, devices: () => devices }))
        for (const format of ['classic', 'openmetrics'] as const) {
          const samples = samplesIn(Buffer.from(await metrics.text(format)).toString())
          const calls = samples.filter(({ name }) => name === 'tallyd_usage_calls_total')
          assert.equal(
            calls.reduce((sum, { value }) => sum + value, 0),
            names.length,
          )
          const plain = names.map(([device]) => device).find((device) => /^[\x20-\x7e]{1,200}$/.test(device))
          if (plain !== undefined) assert.ok(calls.some(({ labels }) => labels['device'] === plain))
        }
      }),
    )
  },
)

t.test('two devices whose names cannot be told apart are one series', async (t) => {
  const devices = [SELF, { ...AWAY, name: '\ud800' }, { ...AWAY, name: '\udfff', freshness: 'live' as const }]
  const text = await createMetrics(context({ devices: () => devices })).text('classic')
  t.equal(numberOf(text, 'tallyd_device_live', { device: '\ufffd' }), 0)
})
