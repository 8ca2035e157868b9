// A link opens in a tab of its own, which has no session. Where another tab of this browser has one, the link goes there: found
// by asking, given to the first that answers, so that two never use it both. Secrets of sessions are never said here.

type Word =
  | { readonly is: 'asking' }
  | { readonly is: 'here'; readonly tab: string }
  | { readonly is: 'link'; readonly tab: string; readonly link: string }

const NAME = 'tallyd'

/** Gives `link` to a tab that has a session; `onTaken` once one has it. Returns how to stop asking. */
export function handOver(link: string, onTaken: () => void): () => void {
  const channel = new BroadcastChannel(NAME)
  channel.onmessage = ({ data }) => {
    const word = data as Word
    if (word.is !== 'here') return
    channel.postMessage({ is: 'link', tab: word.tab, link } satisfies Word)
    channel.close()
    onTaken()
  }
  channel.postMessage({ is: 'asking' } satisfies Word)
  return () => channel.close()
}

/** Takes links from tabs that have no session, as long as this one has (`isIn`). Returns how to say that it has one now. */
export function takeLinks(isIn: () => boolean, onLink: (link: string) => void): () => void {
  const channel = new BroadcastChannel(NAME)
  const tab = crypto.randomUUID()
  const sayHere = () => channel.postMessage({ is: 'here', tab } satisfies Word)
  channel.onmessage = ({ data }) => {
    const word = data as Word
    if (word.is === 'asking' && isIn()) sayHere()
    if (word.is === 'link' && word.tab === tab) onLink(word.link)
  }
  return sayHere
}
