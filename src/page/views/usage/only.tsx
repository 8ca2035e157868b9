// What the look is narrowed to, each with a way back.
import { type Look, SIDES } from '../../usage/look.ts'
import { clean } from '../../words/text.ts'
import { useActions } from '../use.ts'

interface Props {
  readonly look: Look
  /** The bar that was picked, in words. */
  readonly span: string | null
}

/** Keeps its height where nothing is chosen, so that the chart does not move. */
export function Only({ look, span }: Props) {
  const actions = useActions()
  return (
    <p class="only">
      {SIDES.map((side) => {
        const name = look.only[side]
        if (name === null) return null
        return (
          <button
            key={side}
            type="button"
            aria-label={`show every ${side} again, not only ${clean(name)}`}
            onClick={() => actions.look({ ...look, only: { ...look.only, [side]: null } })}
          >
            {side} <bdi>{clean(name)}</bdi> ×
          </button>
        )
      })}
      {span !== null && (
        <button
          type="button"
          aria-label={`show the whole time again, not only ${span}`}
          onClick={() => actions.look({ ...look, span: null })}
        >
          {span} ×
        </button>
      )}
    </p>
  )
}
