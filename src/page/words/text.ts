// Names and addresses come from others. They are drawn as text, never as markup, and without what reorders or hides their neighbours.
import { deviceNamed } from '../../contract/device-named.ts'
import { printable } from '../../contract/printable.ts'

/** Without control and format characters; what is nothing but those is said to be. */
export function clean(text: string): string {
  const left = printable(text, '').trim()
  return left === '' ? 'unnamed' : left
}

/** `laptop (90be01d7, 192.168.1.31)`; the name is a claim until it is paired. */
export function withAddress(name: string, id: string | null, address: string): string {
  return deviceNamed(clean(name), id === null ? null : clean(id), clean(address))
}
