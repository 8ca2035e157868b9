// Names of devices: what may be one, what is made of what another device calls itself.
import { printable } from '../../contract/printable.ts'

export const NAME_CAP = 64

/** Words that mean something where a device is named, and whatever could be the beginning of an id. */
export function isReserved(name: string): boolean {
  return /^(self|total|[0-9a-f]{8,64})$/i.test(name)
}

/** A name for others to read: no control characters, one line, at most 64 characters; empty if nothing is left. */
export function cleanName(given: string): string {
  const clean = printable(given, '').replaceAll(/\s+/g, ' ').trim()
  return [...clean].slice(0, NAME_CAP).join('').trim()
}

/** What a device calls itself, made ours: cleaned, and unique by its id's first digits where it has to be. */
export function freeName(suggested: string, id: string, taken: readonly string[]): string {
  const wish = cleanName(suggested)
  const name = wish === '' || isReserved(wish) ? `device ${id.slice(0, 8)}` : wish
  if (!taken.includes(name)) return name
  const suffix = ` ${id.slice(0, 8)}`
  const longer = [...name].slice(0, NAME_CAP - suffix.length).join('') + suffix
  return taken.includes(longer) ? `device ${id.slice(0, 16)}` : longer
}
