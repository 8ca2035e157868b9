// What a snapshot shows besides totals, for views that no display looks at.
import type { SnapshotSources } from '../../src/daemon/views/snapshot-facts.ts'

export const NO_SNAPSHOT: SnapshotSources = {
  version: '0.0.0',
  refreshIntervalSeconds: 60,
  quotas: () => [],
  account: () => null,
  activity: () => ({ activeSessions: 0, newestAt: new Map(), unreadable: new Set() }),
}
