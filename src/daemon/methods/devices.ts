// devices.*: the roster, from the devices facade, with money from the views.
import { covers } from '../../contract/scope-words.ts'
import { isOwners } from './askers.ts'
import type { HandlersOf } from './handlers.ts'
import type { Parts } from './parts.ts'
import { viewsFor } from './shown.ts'

export function devicesHandlers(parts: Parts): HandlersOf<'devices'> {
  return {
    'devices.list': async ({ timeZone }, { asker }) => {
      await parts.devices()
      const list = (await viewsFor(parts, asker)).devices(timeZone)
      if (isOwners(asker) || covers(asker.scopes, 'admin')) return list
      // Totals are what it may see: not where others can be reached, or what they may do here.
      return { ...list, devices: list.devices.map(({ rights: _, ...row }) => ({ ...row, address: null })) }
    },
    'devices.rename': async ({ device, name }) => ({
      renamed: await (await parts.devices()).rename(device, name),
    }),
    'devices.unpair': async ({ device }) => ({ unpaired: await (await parts.devices()).unpair(device) }),
    'devices.block': async ({ device }) => ({ blocked: await (await parts.devices()).block(device) }),
    'devices.unblock': async ({ device }) => ({ unblocked: await (await parts.devices()).unblock(device) }),
    'devices.forget': async ({ device }) => ({ forgotten: await (await parts.devices()).forget(device) }),
    'devices.merge': async (wanted) => ({
      merged: await (await parts.devices()).merge(wanted.old, wanted.new),
    }),
    'devices.grant': async ({ device, right }) => ({
      granted: await (await parts.devices()).grant(device, right),
    }),
    'devices.ungrant': async ({ device, right }) => ({
      ungranted: await (await parts.devices()).ungrant(device, right),
    }),
    'devices.preview': async ({ device }) => ({ preview: await (await parts.devices()).preview(device) }),
  }
}
