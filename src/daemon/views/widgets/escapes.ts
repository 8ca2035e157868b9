// How each host's special characters are made plain. The rule stands with the host's document that says it.

/** Pango markup and XML (docs.gtk.org/Pango/pango_markup.html): text that is no tag and no entity. */
export function pango(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** tmux(1), FORMATS: `##` is a `#`. What a job prints is expanded once more: #[styles] and #{variables}, though no #(jobs). */
export function tmuxFormat(text: string): string {
  return text.replaceAll('#', '##')
}

/** polybar knows no way to write `%{` as text, so the two are kept apart. */
export function polybarText(text: string): string {
  return text.replaceAll('%{', '% {')
}

/**
 * The text of a line of xbar, SwiftBar and Argos: parameters begin at the first bar, SwiftBar's stream is cut at `~~~`, and a
 * backslash may begin an escape.
 */
export function menuText(text: string): string {
  return text.replaceAll('|', '¦').replaceAll('\\', '∖').replaceAll('~~~', '~ ~ ~')
}

/**
 * The value of a parameter there, in quotes. Null where it cannot be written: SwiftBar keeps backslashes in quotes, Argos takes
 * them away, and none of them knows a quote within quotes.
 */
export function menuValue(value: string): string | null {
  if (/["\\\n\r|]|~~~/.test(value)) return null
  return `"${value}"`
}
