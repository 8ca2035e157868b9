// A snapshot's facts with a canary in everything that tells who somebody is.
import type { Quota } from '../../../src/contract/quotas.ts'
import type { SnapshotFacts } from '../../../src/daemon/views/snapshot.ts'

/** In a mail address, the organisation's domain, and the names of devices, which begin as those of hosts. */
export const CANARY = 'qanary'

export const WINDOW: Quota = {
  agent: 'claude-code',
  account: '00112233445566778899aabbccddeeff',
  kind: 'session',
  label: '5 h',
  windowSeconds: 18_000,
  usedPercent: 28.5,
  resetAt: '2026-11-20T17:30:00.000Z',
  observedAt: '2026-11-20T13:00:00.000Z',
  device: `${CANARY}-host`,
}

const spent = { costUSD: 18.42, tokens: 12_600_000, calls: 412, unpricedTokens: 31 }

export const FACTS: SnapshotFacts = {
  version: '1.2.3',
  refreshIntervalSeconds: 60,
  timeZone: 'Europe/Berlin',
  agents: [
    {
      agent: 'claude-code',
      updatedAt: '2026-11-20T13:00:00.000Z',
      todayUSD: 11.2,
      last30DaysUSD: 201.15,
      windows: [
        WINDOW,
        {
          ...WINDOW,
          kind: 'weekly',
          label: 'week',
          windowSeconds: 604_800,
          usedPercent: null,
          resetAt: null,
        },
      ],
      email: `${CANARY}@${CANARY}.example`,
      plan: 'max',
      isPartial: false,
    },
    {
      agent: 'codex',
      updatedAt: null,
      todayUSD: null,
      last30DaysUSD: 88.4,
      windows: [],
      email: `${CANARY}@gmail.com`,
      plan: 'pro',
      isPartial: true,
    },
  ],
  sessions: { startedToday: 9, active: 2 },
  devices: [
    {
      name: `${CANARY}-desk`,
      shown: 'this device',
      self: true,
      freshness: 'live',
      asOf: null,
      todayUSD: 11.2,
    },
    {
      name: `${CANARY}-laptop`,
      shown: 'device 2',
      self: false,
      freshness: 'cached',
      asOf: '2026-11-20T11:00:00.000Z',
      todayUSD: null,
    },
  ],
  totals: { today: spent, month: spent, last30Days: spent, all: spent },
}
