// What is known of a device, for tests that make devices up.
import type { DeviceFacts } from '../../src/daemon/devices/devices.ts'

/** A paired device that is live and has not told when it was seen, but for what is given. */
export function deviceFacts(name: string, more: Partial<DeviceFacts> = {}): DeviceFacts {
  return {
    id: null,
    name,
    self: false,
    state: 'paired',
    direction: 'mutual',
    freshness: 'live',
    asOf: null,
    problem: null,
    address: null,
    ...more,
  }
}

/** This device. */
export const SELF = deviceFacts('desk', { self: true, state: 'self', direction: null })
