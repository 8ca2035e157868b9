// What a narrow token is shown of other devices: their totals, and not where they are or what they may do.
import t from 'tap'
import type { Scope } from '../../src/contract/scope-words.ts'
import { devicesHandlers } from '../../src/daemon/methods/devices.ts'
import { type AskerIdentity, OWNER } from '../../src/daemon/methods/handlers.ts'
import type { Parts } from '../../src/daemon/methods/parts.ts'

const ROW = { id: 'a', name: 'studio', address: '192.168.1.31:4765', rights: ['requests:approve'] }

t.test('devices.list: addresses and rights are for the owner and admins', async (t) => {
  const list = { devices: [ROW], total: {} }
  const named = { devices: () => list, unnamed: () => named }
  const views = async () => named
  const handlers = devicesHandlers({ devices: async () => undefined, views } as unknown as Parts)
  const shown = async (asker: AskerIdentity) =>
    (await handlers['devices.list']({}, { asker })).devices as unknown[]
  const token = (...scopes: Scope[]): AskerIdentity => {
    return {
      kind: 'token',
      id: '0a1b2c3d',
      member: 'ann',
      address: '192.168.1.9',
      scopes,
      identity: 'redacted',
    }
  }
  t.same(await shown(token('usage:read')), [{ id: 'a', name: 'studio', address: null }])
  t.same(await shown(token('usage:read', 'requests:approve')), [{ id: 'a', name: 'studio', address: null }])
  t.same(await shown({ ...token('admin'), identity: 'full' } as AskerIdentity), [ROW])
  t.same(await shown(OWNER), [ROW])
  t.same(await shown({ kind: 'launch', address: '127.0.0.1' }), [ROW])
})
