// The tabs, in their order. The usage tab is to stand first here, with its view in app.tsx.

export const TABS = [
  { name: 'requests', title: 'Requests' },
  { name: 'tokens', title: 'Tokens' },
  { name: 'devices', title: 'Devices' },
  { name: 'audit', title: 'Audit' },
] as const

export type TabName = (typeof TABS)[number]['name']

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
