// Access with real tokens and requests around it, on a clock and a disk that tests hold.
import type { AuditKind } from '../../../src/contract/audit-words.ts'
import { TallyError } from '../../../src/contract/errors.ts'
import type { Scope } from '../../../src/contract/scope-words.ts'
import { createAccess } from '../../../src/daemon/access/access.ts'
import type { Approver, Asked, Begun, Caller, Yes } from '../../../src/daemon/access/asking.ts'
import { Requests } from '../../../src/daemon/requests/requests.ts'
import type { TokenData } from '../../../src/daemon/tokens/token-data.ts'
import { Tokens } from '../../../src/daemon/tokens/tokens.ts'
import type { Teardown } from '../../harness/daemon.ts'

export const OWNER: Approver = {
  by: 'owner',
  scopes: null,
  identity: 'full',
  device: null,
  token: null,
  address: null,
}
export const KITCHEN: Caller = { address: '192.168.1.40', device: null }
export const ASKED: Asked = {
  clientId: 'tallyctl',
  scopes: ['dashboard:read'],
  label: 'kitchen display',
  takeover: false,
}
export const DEVICE = 'd'.repeat(64)

/** Somebody who is not the owner and was given the right to approve. */
export function approver(more: Partial<Approver> = {}): Approver {
  const scopes: Scope[] = ['requests:approve', 'usage:read']
  return {
    by: 'device 4f19c2aa',
    scopes,
    identity: 'redacted',
    device: 'a'.repeat(64),
    token: null,
    address: '192.168.1.9',
    ...more,
  }
}

export interface Recorded {
  readonly what: AuditKind
  readonly subject: {
    readonly id?: string | null
    readonly name?: string | null
    readonly address?: string | null
  }
  readonly detail: string | undefined
}

/** The name of the TallyError that it throws; `nothing` where it throws none. */
export function whyNot(does: () => unknown): string {
  try {
    does()
    return 'nothing'
  } catch (error) {
    if (error instanceof TallyError) return error.error
    throw error
  }
}

export function desk(t: Teardown) {
  const held = { ticks: 1_000, wall: Date.parse('2026-11-20T12:00:00Z') }
  const recorded: Recorded[] = []
  const record = (what: AuditKind, subject = {}, detail?: string) =>
    void recorded.push({ what, subject, detail })
  const disk: { broken: boolean; held: Promise<void> | null } = { broken: false, held: null }
  let value: TokenData = { members: [], tokens: [] }
  const document = {
    get value() {
      return value
    },
    async update(change: (copy: TokenData) => TokenData) {
      await disk.held
      if (disk.broken) throw Object.assign(new Error('full'), { code: 'ENOSPC' })
      value = change(structuredClone(value))
    },
  }
  const now = () => held.wall
  const tokens = new Tokens({ document, record, now, monotonic: () => held.ticks, onEnded: () => undefined })
  let changes = 0
  const requests = new Requests(() => changes++)
  const wakes = new Set<{ at: number; woken: () => void }>()
  const wake = (ms: number, woken: () => void) => {
    const alarm = { at: held.ticks + ms, woken }
    wakes.add(alarm)
    return () => void wakes.delete(alarm)
  }
  const context = { tokens, requests, record, clients: ['display'], now, ticks: () => held.ticks, wake }
  const access = createAccess(context)
  t.teardown(async () => {
    access.stop()
    await tokens.close()
  })
  return {
    access,
    tokens,
    requests,
    recorded,
    disk,
    held,
    wakes,
    changes: () => changes,
    kinds: () => recorded.map(({ what }) => what),
    /** Nobody moves the clock of the wall. */
    pass(ms: number) {
      held.ticks += ms
      for (const alarm of [...wakes]) {
        if (alarm.at > held.ticks || !wakes.delete(alarm)) continue
        alarm.woken()
      }
    },
    begin(asked: Partial<Asked> = {}, caller = KITCHEN): Begun {
      const begun = access.begin({ ...ASKED, ...asked }, caller)
      if (!('deviceCode' in begun)) throw new Error(JSON.stringify(begun))
      return begun
    },
    say(code: string, more: Partial<Yes> = {}, by = OWNER) {
      const yes: Yes = {
        code,
        member: 'kitchen',
        exists: 'new',
        scopes: undefined,
        label: undefined,
        expiresIn: undefined,
        takeover: false,
        ...more,
      }
      return access.approve(yes, by)
    },
    poll: (begun: Begun, caller = KITCHEN, clientId = 'tallyctl') =>
      access.redeem(begun.deviceCode, clientId, caller),
    /** Asks for one more than anybody may; what it is told instead. */
    refused(asked: Partial<Asked> = {}, caller = KITCHEN) {
      const begun = access.begin({ ...ASKED, ...asked }, caller)
      if ('deviceCode' in begun) throw new Error('it was let in')
      return begun
    },
    made: () => value.tokens.length,
  }
}
