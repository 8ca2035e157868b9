// A token's secret, once. It is in this view's hands alone and leaves with it.
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Minted } from '../../contract/tokens.ts'
import { Name } from './parts.tsx'

export function Secret({ minted, onDone }: { readonly minted: Minted; readonly onDone: () => void }) {
  const [copied, setCopied] = useState<'no' | 'yes' | 'failed'>('no')
  const copy = useRef<HTMLButtonElement>(null)
  useLayoutEffect(() => {
    setCopied('no')
    copy.current?.focus()
  }, [minted.secret])
  return (
    <section class="card secret" aria-label="the new token">
      <p>
        The token “<Name of={minted.label} />” of <Name of={minted.member} />. It is shown this once: tallyd
        keeps only a hash.
      </p>
      <code class="value">{minted.secret}</code>
      <div class="buttons">
        <button
          type="button"
          class="main"
          ref={copy}
          onClick={() =>
            navigator.clipboard.writeText(minted.secret).then(
              () => setCopied('yes'),
              () => setCopied('failed'),
            )
          }
        >
          copy
        </button>
        <button type="button" onClick={onDone}>
          done
        </button>
        <span role="status">
          {copied === 'yes' && 'copied'}
          {copied === 'failed' && 'the browser did not let it be copied: select it above'}
        </span>
      </div>
    </section>
  )
}
