// Real daemons: what an agent tells of its limits is on the other device, in the snapshot and after a restart.
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { until } from '../../harness/daemon.ts'
import { type Device, devices, pairByCode } from '../../harness/devices.ts'

function codexLine(used: number): string {
  const limits = {
    limit_id: 'codex',
    primary: { used_percent: used, window_minutes: 300, resets_at: Math.floor(Date.now() / 1000) + 3_600 },
  }
  const payload = { type: 'token_count', info: null, rate_limits: limits }
  return `${JSON.stringify({ timestamp: new Date().toISOString(), type: 'event_msg', payload })}\n`
}

const shown = async (device: Device) =>
  (await device.call('quotas.list')).quotas.map(({ agent, usedPercent, device: by }) => [
    agent,
    usedPercent,
    by,
  ])

t.test('the freshest word of either device is on both, and stays', async (t) => {
  const [desk, laptop] = (await devices(t, 2)) as [Device, Device]
  await pairByCode(laptop, desk)
  const folder = join(desk.home, '.codex', 'sessions')
  mkdirSync(folder, { recursive: true })
  const log = join(folder, 'rollout-2026-11-20T12-00-00-0.jsonl')
  writeFileSync(log, codexLine(41))
  await until(async () => (await shown(laptop)).length === 1, 'the laptop knows')
  t.same(await shown(laptop), [['codex', 41, desk.name]])
  appendFileSync(log, codexLine(42.5))
  await until(async () => (await shown(laptop))[0]?.[1] === 42.5, 'the laptop knows what is new')
  await laptop.call('quotas.observe', {
    agent: 'claude-code',
    windows: [{ windowSeconds: 604_800, usedPercent: 63 }],
  })
  await until(async () => (await shown(desk)).length === 2, 'the desk knows')
  t.same(await shown(desk), [
    ['claude-code', 63, laptop.name],
    ['codex', 42.5, desk.name],
  ])
  const snapshot = await desk.call('views.snapshot')
  t.match(snapshot.providers, [
    { id: 'claude', windows: [{ kind: 'weekly', usedPercent: 63, usageKnown: true }] },
    { id: 'codex', windows: [{ kind: 'session', usedPercent: 42.5 }] },
  ])
  await Promise.all([desk.end(), laptop.end()])
  await Promise.all([desk.start(), laptop.start()])
  await until(async () => (await shown(laptop)).length === 2, 'after a restart')
  const preview = await desk.call('devices.preview')
  t.match(preview, { preview: { quotas: [['codex', null, 18_000, 42.5]] } })
})
