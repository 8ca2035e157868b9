// What goes on now: sessions with a call in the last five minutes, each once.
import t from 'tap'
import { ACTIVE_MS, activityOf } from '../../../src/daemon/usage/active.ts'
import { type LogFile, newLogFile } from '../../../src/daemon/usage/index/log-file.ts'

const NOW = Date.parse('2026-11-20T12:00:00Z')

function filesOf(...rows: readonly [path: string, agent: string, ago: number][]): Map<string, LogFile> {
  return new Map(
    rows.map(([path, agent, ago]) => [path, { ...newLogFile(path, agent), newestAt: NOW - ago }]),
  )
}

t.test('a session with its subagents is one, and who fell silent is none', async (t) => {
  const files = filesOf(
    ['/l/p/s1.jsonl', 'claude-code', 60_000],
    ['/l/p/s1/subagents/agent-1.jsonl', 'claude-code', 1_000],
    ['/l/p/s1/subagents/agent-2.jsonl', 'claude-code', 2_000],
    ['/l/p/s2.jsonl', 'claude-code', ACTIVE_MS],
    ['/l/p/s3/subagents/agent-9.jsonl', 'claude-code', 5_000],
    ['/c/rollout-a.jsonl', 'codex', ACTIVE_MS - 1],
  )
  const found = activityOf({ files, unreadable: [{ agent: 'codex', path: '/c/x', code: 'EACCES' }] }, NOW)
  t.equal(found.activeSessions, 3)
  t.equal(found.newestAt.get('claude-code'), NOW - 1_000)
  t.equal(found.newestAt.get('codex'), NOW - ACTIVE_MS + 1)
  t.strictSame([...found.unreadable], ['codex'])
})
