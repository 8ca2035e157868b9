// What each tab but the usage asks the daemon for when it is opened.
import { type Actions, NEWEST, type Shown } from './shown.ts'
import type { TabName } from './tabs.ts'

export type FetchedTab = Exclude<TabName, 'usage'>

/** Throws Failure. */
export async function fetchTab(
  tab: FetchedTab,
  page: Pick<Actions, 'call'>,
  timeZone: string,
): Promise<Partial<Shown>> {
  switch (tab) {
    case 'requests':
    case 'tokens': {
      // Members are offered where an enrolment is approved.
      const [{ members }, { tokens }] = await Promise.all([
        page.call('members.list', {}),
        page.call('tokens.list', {}),
      ])
      return { members, tokens }
    }
    case 'devices':
      return { devices: await page.call('devices.list', { timeZone }) }
    case 'audit':
      return { audit: (await page.call('audit.list', { limit: NEWEST })).entries }
  }
}
