// The smallest parts of the usage tab: a figure that fades when it changes, a switch, a swatch.
import { useOwnId } from '../use.ts'

/** A figure in place. Another text is another element, which fades in; digits are all of one width, so nothing jumps. */
export function Figure({
  children,
  class: name = '',
}: {
  readonly children: string
  readonly class?: string
}) {
  return (
    <span class={`figure ${name}`}>
      <span key={children} class="fresh">
        {children}
      </span>
    </span>
  )
}

interface SwitchProps<Name extends string> {
  readonly legend: string
  readonly names: readonly Name[]
  readonly chosen: Name
  readonly onChoose: (name: Name) => void
}

/** Radio buttons in a row: one stop, arrows from one to the next, by the browser itself. */
export function Switch<Name extends string>({ legend, names, chosen, onChoose }: SwitchProps<Name>) {
  const group = useOwnId()
  return (
    <fieldset class="switch">
      <legend class="unseen">{legend}</legend>
      {names.map((name) => (
        <label key={name}>
          <input
            class="unseen"
            type="radio"
            name={group}
            value={name}
            checked={name === chosen}
            onChange={() => onChoose(name)}
          />
          <span>{name}</span>
        </label>
      ))}
    </fieldset>
  )
}

/** The colour of a series; null is that of all others. */
export function swatchClass(colour: number | null | undefined): string {
  return colour === undefined ? 'plain' : colour === null ? 'others' : `colour-${colour}`
}

/** A bar as wide as `share`, 0 to 1, of its room. */
export function Bar({ share, class: name }: { readonly share: number; readonly class: string }) {
  return (
    <svg class={`bar ${name}`} aria-hidden="true" width="100%" height="6" preserveAspectRatio="none">
      <rect width={`${(100 * Math.min(1, Math.max(0, share))).toFixed(2)}%`} height="6" rx="1" />
    </svg>
  )
}
