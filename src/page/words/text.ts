// Names and addresses come from others. They are drawn as text, never as markup, and without what reorders or hides their neighbours.
import { printable } from '../../contract/printable.ts'

/** Without control and format characters; what is nothing but those is said to be. */
export function clean(text: string): string {
  const left = printable(text, '').trim()
  return left === '' ? 'unnamed' : left
}

/** `laptop (90be01d7, 192.168.1.31)`; the name is a claim until it is paired. */
export function withAddress(name: string, id: string | null, address: string): string {
  const short = id === null ? '' : clean(id).slice(0, 8)
  const inside = [name === short ? '' : short, clean(address)].filter((part) => part !== '').join(', ')
  return `${clean(name)} (${inside})`
}
