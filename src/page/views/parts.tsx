// The smallest parts that the views are made of.
import type { ComponentChildren } from 'preact'
import type { Failure } from '../connection/failure.ts'
import { moment, when } from '../words/figures.ts'
import { clean } from '../words/text.ts'

/** A name from somebody else: text alone, set apart so that its direction does not turn its neighbours'. */
export function Name({ of }: { readonly of: string }) {
  return <bdi class="name">{clean(of)}</bdi>
}

/** A point in time in few words; the whole of it on hover. */
export function When({ at, now }: { readonly at: string; readonly now: number }) {
  return (
    <time dateTime={at} title={moment(at)}>
      {when(at, now)}
    </time>
  )
}

/** The daemon's sentence, and its next step. */
export function Trouble({ failure }: { readonly failure: Failure | null | undefined }) {
  return (
    <div class="trouble" role="alert">
      {failure !== null && failure !== undefined && (
        <p>
          <strong>{failure.message}.</strong> <span>{failure.next}.</span>
        </p>
      )}
    </div>
  )
}

/** What is shown where there is nothing: what that means, and what to do. */
export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <p class="empty">{children}</p>
}

/** Before the first answer. Says nothing for a moment: it is usually there at once. */
export function Loading({ failure }: { readonly failure: Failure | undefined }) {
  return failure === undefined ? <p class="loading">asking tallyd…</p> : <Trouble failure={failure} />
}

export function Facts({ of }: { readonly of: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {of.map(([term, says]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{says}</dd>
        </div>
      ))}
    </dl>
  )
}
