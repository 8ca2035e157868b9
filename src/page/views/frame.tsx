// What stands around the tabs: whose device this is, whether what is shown is fresh, and notes of what happened.
import type { LineState } from '../connection/line-state.ts'
import type { Note, Shown } from '../shown.ts'
import { moment, until } from '../words/figures.ts'
import { Name } from './parts.tsx'
import { useActions, useNow } from './use.ts'

export function Header({ shown }: { readonly shown: Shown }) {
  const { you, way, line } = shown
  return (
    <header class="top">
      <p class="brand">tallyd {you !== null && <Name of={you.device.name} />}</p>
      {way.is === 'in' && <Freshness line={line} />}
    </header>
  )
}

/** Keeps its place and its height, whatever it says. */
function Freshness({ line }: { readonly line: LineState }) {
  const actions = useActions()
  return (
    <div class={`freshness ${line.is}`}>
      <p role="status">
        {line.is === 'opening' && 'connecting…'}
        {line.is === 'live' && 'live'}
        {line.is === 'lost' && `no answer from tallyd; what is shown is of ${clock(line.since)}`}
        {line.is === 'ended' && `signed out; what is shown is of ${clock(line.since)}`}
      </p>
      {line.is === 'lost' && (
        <>
          <NextTry at={line.nextTry} />
          <button type="button" class="quiet" onClick={() => actions.retry()}>
            try now
          </button>
        </>
      )}
    </div>
  )
}

function NextTry({ at }: { readonly at: number }) {
  const now = useNow(500)
  return <span class="hint">again in {until(new Date(at).toISOString(), now)}</span>
}

function clock(at: number): string {
  return moment(new Date(at).toISOString()).slice(-5)
}

/** The session has ended while something was shown. */
export function Ended() {
  return (
    <div class="ended" role="alert">
      <p>
        <strong>This session has ended:</strong> tallyd was ended or restarted, or nothing was asked here for
        12 hours. To go on, run on that machine: <code>tallyctl web</code>
      </p>
    </div>
  )
}

/** Lies over the lower edge, so that nothing moves when a note comes or goes. */
export function Notes({ notes }: { readonly notes: readonly Note[] }) {
  const actions = useActions()
  return (
    <div class="notes" role="log" aria-live="polite" aria-label="what happened">
      {notes.map(({ key, says, next, bad }) => (
        <div key={key} class={bad ? 'note bad' : 'note'}>
          <p>
            <strong>{says}</strong>
            {next !== '' && <span> {next}</span>}
          </p>
          <button
            type="button"
            class="quiet"
            aria-label="put this note away"
            onClick={() => actions.putAway(key)}
          >
            ok
          </button>
        </div>
      ))}
    </div>
  )
}
