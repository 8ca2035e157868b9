// What a tab without a session shows: how to get in.
import type { Shown } from '../shown.ts'
import { Trouble } from './parts.tsx'

export function Welcome({ shown }: { readonly shown: Shown }) {
  const { way, link } = shown
  if (way.is === 'entering') return <p class="loading">getting in…</p>
  if (link === 'handed over') {
    return (
      <section class="welcome">
        <h1>Opened in another tab</h1>
        <p>The request is shown in the tab of this browser that is signed in. You may close this one.</p>
      </section>
    )
  }
  return (
    <section class="welcome">
      <h1>{link === 'waits' ? 'Something wants to enrol' : 'Nobody is signed in here'}</h1>
      <Trouble failure={way.is === 'refused' ? way.failure : null} />
      <ol>
        <li>
          On the machine that runs tallyd, in a terminal: <code>tallyctl web</code>
          <br />
          It opens this page in your browser, signed in
          {link === 'waits' ? ', and the request is shown there.' : '.'}
        </li>
        <li>
          Or answer in that terminal, with the code that the client shows: <code>tallyctl approve CODE</code>
        </li>
      </ol>
      <p class="hint">
        There is no password: who can open a terminal there is the owner. Nothing is kept in a cookie.
      </p>
    </section>
  )
}
