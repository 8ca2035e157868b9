// The tabs, in their order; the first is shown where none is asked for.

export const TABS = [
  { name: 'usage', title: 'Usage' },
  { name: 'requests', title: 'Requests' },
  { name: 'tokens', title: 'Tokens' },
  { name: 'devices', title: 'Devices' },
  { name: 'audit', title: 'Audit' },
] as const

export type TabName = (typeof TABS)[number]['name']

export const FIRST_TAB: TabName = TABS[0].name

export function isTabName(word: string): word is TabName {
  return TABS.some(({ name }) => name === word)
}

/** The tab that a key leads to from `from`, as the ARIA pattern of tabs has it; null for other keys. */
export function tabAfter(from: TabName, key: string): TabName | null {
  const at = TABS.findIndex(({ name }) => name === from)
  const last = TABS.length - 1
  const to = new Map([
    ['ArrowRight', at === last ? 0 : at + 1],
    ['ArrowLeft', at === 0 ? last : at - 1],
    ['Home', 0],
    ['End', last],
  ]).get(key)
  return to === undefined ? null : TABS[to]!.name
}
