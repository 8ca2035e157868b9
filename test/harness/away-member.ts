// A paired device in the roster that is away and cannot be reached: its copy is all there is of it.
import type { Member } from '../../src/daemon/devices/roster.ts'

export function awayMember(id: string, name: string): Member {
  return {
    id,
    certificatePem: 'it is away',
    name,
    direction: 'read',
    state: 'paired',
    pairedAt: new Date().toISOString(),
    unpairedAt: null,
    address: null,
    token: null,
    grantHash: null,
    owesNotice: false,
  }
}
