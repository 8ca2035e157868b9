// `--one-way give|read`: what this side of a pairing wishes.
import type { Direction } from '../../contract/pairing.ts'
import type { Asked } from './parse.ts'

export function directionOf(asked: Asked): Direction {
  const given = asked.value('one-way')
  return given === 'give' || given === 'read' ? given : 'mutual'
}
