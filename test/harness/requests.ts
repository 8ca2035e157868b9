// What waits for the owner's yes, as tests show it.
import type { EnrolmentRequest, PairingRequest } from '../../src/contract/requests.ts'

export const PAIRING_REQUEST: PairingRequest = {
  id: '4f19c2aa',
  kind: 'pairing',
  digits: '482913',
  from: { id: 'a'.repeat(64), name: 'laptop', address: '192.168.1.31' },
  direction: 'mutual',
  ours: false,
  openedAt: '2026-11-20T12:00:00Z',
  expiresAt: '2026-11-20T12:01:00Z',
}

export const ENROLMENT_REQUEST: EnrolmentRequest = {
  id: '4f19c2ab',
  kind: 'enrolment',
  from: { id: null, name: 'kitchen display', address: '192.168.1.40' },
  clientId: 'tallyctl',
  scopes: ['dashboard:read'],
  claimedBy: null,
  takeover: false,
  openedAt: '2026-11-20T12:00:00Z',
  expiresAt: '2026-11-20T12:10:00Z',
}
