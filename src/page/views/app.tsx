// The whole page as a view of what is shown: the frame, the list of tabs, and the tab that is open.
import type { JSX } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { type Actions, type Shown, titleOf } from '../shown.ts'
import { TABS, type TabName, tabAfter } from '../tabs.ts'
import { AuditTab } from './audit.tsx'
import { DevicesTab } from './devices.tsx'
import { Ended, Header, Notes } from './frame.tsx'
import { RequestsTab } from './requests.tsx'
import { TokensTab } from './tokens.tsx'
import { UsageTab } from './usage/usage.tsx'
import { PageActions } from './use.ts'
import { Welcome } from './welcome.tsx'

const VIEWS: Readonly<Record<TabName, (props: { readonly shown: Shown }) => JSX.Element>> = {
  usage: UsageTab,
  requests: RequestsTab,
  tokens: TokensTab,
  devices: DevicesTab,
  audit: AuditTab,
}

export function App({ shown, actions }: { readonly shown: Shown; readonly actions: Actions }) {
  const { tab, way, line, notes } = shown
  const panel = useRef<HTMLDivElement>(null)
  const View = VIEWS[tab]
  const title = way.is === 'in' ? titleOf(shown) : 'tallyd'
  useLayoutEffect(() => {
    document.title = title
  }, [title])
  if (way.is !== 'in') {
    return (
      <PageActions.Provider value={actions}>
        <Header shown={shown} />
        <main>
          <Welcome shown={shown} />
        </main>
        <Notes notes={notes} />
      </PageActions.Provider>
    )
  }
  const isStale = line.is === 'lost' || line.is === 'ended'
  return (
    <PageActions.Provider value={actions}>
      <a
        class="skip"
        href={`#${tab}`}
        onClick={(event) => {
          event.preventDefault()
          panel.current?.focus()
        }}
      >
        skip to the content
      </a>
      <Header shown={shown} />
      <TabList tab={tab} waiting={shown.requests?.length ?? 0} onTab={(to) => actions.go(to)} />
      {line.is === 'ended' && <Ended />}
      <main>
        <div
          id="panel"
          role="tabpanel"
          aria-labelledby={`tab-${tab}`}
          tabIndex={-1}
          ref={panel}
          class={isStale ? 'stale' : ''}
        >
          <View shown={shown} />
        </div>
      </main>
      <Notes notes={notes} />
    </PageActions.Provider>
  )
}

interface TabListProps {
  readonly tab: TabName
  readonly waiting: number
  readonly onTab: (tab: TabName) => void
}

/** https://www.w3.org/WAI/ARIA/apg/patterns/tabs/: one stop for the tab key, arrows between the tabs. */
function TabList({ tab, waiting, onTab }: TabListProps) {
  const list = useRef<HTMLDivElement>(null)
  return (
    <div
      class="tabs"
      role="tablist"
      aria-label="parts of the page"
      ref={list}
      onKeyDown={(event) => {
        const to = tabAfter(tab, event.key)
        if (to === null) return
        event.preventDefault()
        onTab(to)
        list.current?.querySelector<HTMLElement>(`#tab-${to}`)?.focus()
      }}
    >
      {TABS.map(({ name, title }) => (
        <button
          key={name}
          type="button"
          role="tab"
          id={`tab-${name}`}
          aria-controls="panel"
          aria-selected={name === tab}
          tabIndex={name === tab ? 0 : -1}
          onClick={() => onTab(name)}
        >
          {title}
          {name === 'requests' && waiting > 0 && (
            <span class="badge">
              {waiting}
              <span class="unseen"> waiting</span>
            </span>
          )}
        </button>
      ))}
    </div>
  )
}
