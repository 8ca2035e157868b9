// A short soak of three real devices: what the long one (npm run bench -- --only soak) asks, but for memory, which takes half an hour.
import t from 'tap'
import { countOf, descriptorsOf, growthOf } from '../../bench/soak/samples.ts'
import { soak } from '../../bench/soak/soak.ts'

t.setTimeout(240_000)

t.test(
  'a restart, a kill and two lost networks: totals are exact, nobody missed a value, no descriptor is left',
  async (t) => {
    const said: string[] = []
    const seed = Number(process.env['TALLYD_TEST_SEED'] ?? Date.now() % 1_000_000)
    t.comment(`seed ${seed}`)
    const plan = {
      ends: { rounds: 4 },
      workMs: 3_000,
      settleMs: 1_000,
      seed,
      say: (text: string) => said.push(text),
    }
    const result = await soak(plan)
    t.same(result.troubles, { stopped: 1, killed: 1, 'cut off': 1, 'held up': 1 }, said.join('\n'))
    t.ok(result.calls > 100, `${result.calls} calls`)
    t.equal(result.missed, 0)
    t.ok(result.connections > result.subscribers, `${result.connections} connections`)
    if (process.platform !== 'linux') return t.comment('NOT TESTED: descriptors are counted by /proc')
    for (const [at, samples] of result.samples.entries()) {
      const [first, ...later] = samples.map(({ descriptors }) => countOf(descriptors))
      // A connection that was just used is kept for a moment.
      t.ok(later.at(-1)! <= first! + 2, `device-${at}: ${first}, then ${later}`)
    }
  },
)

t.test('what samples say', async (t) => {
  const sample = (residentBytes: number) => ({ seconds: 0, residentBytes, descriptors: {} })
  t.equal(growthOf([1, 2, 100, 100, 110, 110].map(sample)), 1.1)
  t.throws(() => growthOf([1, 2].map(sample)), /too few/)
  if (process.platform === 'linux') t.match(descriptorsOf(process.pid), { anon_inode: Number })
})
