// devices.*: the roster, from the devices facade, with money from the views.
import type { HandlersOf } from './handlers.ts'
import type { Parts } from './parts.ts'

export function devicesHandlers(parts: Parts): HandlersOf<'devices'> {
  return {
    'devices.list': async ({ timeZone }) => (await parts.views()).devices(timeZone),
    'devices.rename': async ({ device, name }) => ({
      renamed: await (await parts.devices()).rename(device, name),
    }),
    'devices.unpair': async ({ device }) => ({ unpaired: await (await parts.devices()).unpair(device) }),
    'devices.preview': async ({ device }) => ({ preview: (await parts.devices()).preview(device) }),
  }
}
