// What came with the address: a way in, a link that a client showed, or a tab. The first two are read once and kept out of the
// address from then on.
import { isTabName, type TabName } from '../tabs.ts'

/** 32 bytes of base64url, as launches and links are. */
const SECRET = /^[A-Za-z0-9_-]{43}$/

export interface Arrival {
  /** One-time secret that `tallyctl web` put into the fragment; empty where something stood there that cannot be one. */
  readonly launch: string | null
  /** One-time value of an enrolment's complete verification address. */
  readonly link: string | null
  readonly tab: TabName | null
  /** The path and fragment that may stay in the address. */
  readonly clean: string
}

/** Reads an address. */
export function arrivalOf(href: string): Arrival {
  const { hash, searchParams } = new URL(href)
  const fragment = hash.slice(1)
  const launch = fragment.startsWith('launch=') ? secretIn(fragment.slice('launch='.length)) : null
  const link = searchParams.has('link') ? secretIn(searchParams.get('link') ?? '') : null
  const tab = isTabName(fragment) ? fragment : null
  return { launch, link, tab, clean: tab === null ? '/' : `/#${tab}` }
}

function secretIn(text: string): string {
  return SECRET.test(text) ? text : ''
}
