// The menu of xbar, SwiftBar and Argos, which share one language: the text, `---`, then a line an item.

import { menuText, menuValue } from './escapes.ts'
import type { Facts } from './format.ts'
import { STOPPED, STOPPED_NEXT, textOf, tooltipOf, waitingLines } from './words.ts'

/** `parameters` stand behind every line: they switch off what a host would read into a name. */
export function menuLines(facts: Facts, parameters: string): string[] {
  const item = (text: string, ...more: readonly string[]) =>
    [`${menuText(text)} |`, parameters, ...more].filter((part) => part !== '').join(' ')
  const { glance, tallyctl } = facts
  if (glance === null) return [item(textOf(facts)), '---', item(`${STOPPED}; ${STOPPED_NEXT}`)]
  const open = inTerminal([...tallyctl, 'requests'])
  return [
    item(textOf(facts)),
    '---',
    // The columns of the lines only stand under each other in such a font.
    ...tooltipOf(facts).map((line) => item(line, 'font=Menlo', 'trim=false')),
    // A word of ours begins every line: two dashes would make it an item of a submenu.
    ...waitingLines(facts).map((line) => item(line, ...open)),
    '---',
    item('open the page', ...inBackground([...tallyctl, 'web'])),
  ]
}

/** A click opens a terminal that runs this. No parameters where a word cannot be written: the item then does nothing. */
function inTerminal(words: readonly string[]): string[] {
  const values = words.map(menuValue)
  if (values.includes(null)) return []
  const [program, ...rest] = values
  return [`bash=${program}`, ...rest.map((value, at) => `param${at + 1}=${value}`), 'terminal=true']
}

function inBackground(words: readonly string[]): string[] {
  return inTerminal(words).map((parameter) => (parameter === 'terminal=true' ? 'terminal=false' : parameter))
}
