// The chart: a stacked bar for each stretch of time. A bar under the pointer or the focus is told in the legend; Enter or a click narrows
// everything else to it. Drawn as SVG, which the stylesheet colours; over each of the
// bars, 62 at most, lies a button.
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Display } from '../../../contract/money.ts'
import type { Bin } from '../../usage/bins.ts'
import type { Measure } from '../../usage/look.ts'
import { everyNth, scaleFor } from '../../usage/scale.ts'
import type { Stack } from '../../usage/stack.ts'
import { axisPer, inMeasure, onAxis } from '../../words/usage.ts'
import { swatchClass } from './pieces.tsx'

const HEIGHT = 210
const [LEFT, TOP, BOTTOM] = [56, 8, 22]
/** Pixels that a label under the axis takes, by its length. */
const LABEL_WIDTH = 7

export interface ChartProps {
  readonly bins: readonly Bin[]
  readonly stack: Stack
  readonly measure: Measure
  /** The currency that money is shown in. */
  readonly display: Display | undefined
  /** What it shows, in words. */
  readonly label: string
  /** Where the pointer or the focus is. */
  readonly active: number | null
  /** The bar that everything else is narrowed to. */
  readonly picked: number | null
  readonly onActive: (at: number | null) => void
  readonly onPick: (at: number) => void
}

export function Chart(props: ChartProps) {
  const { bins, stack, measure, display, label, active, picked, onActive, onPick } = props
  const box = useRef<HTMLFieldSetElement>(null)
  const width = useWidth(box)
  const per = axisPer(measure, display)
  const { top, ticks } = scaleFor(per * Math.max(0, ...stack.heights))
  const room = Math.max(1, width - LEFT)
  const each = room / bins.length
  /** Of a height on the axis. */
  const line = (value: number) => TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM)
  const y = (value: number) => line(value * per)
  const longest = Math.max(1, ...bins.map(({ label: { length } }) => length))
  // Where most bars have no label (weeks under a month) those that have one stand apart already.
  const isSparse = bins.some(({ label: text }) => text === '')
  const nth = isSparse ? 1 : everyNth(bins.length, room, longest * LABEL_WIDTH + 8)
  const stop = active ?? picked ?? lastUsed(stack)
  const go = (to: number) => {
    const at = Math.min(bins.length - 1, Math.max(0, to))
    box.current?.querySelector<HTMLElement>(`[data-at="${at}"]`)?.focus()
  }
  const keys = (event: KeyboardEvent, at: number) => {
    const to = new Map([
      ['ArrowLeft', at - 1],
      ['ArrowRight', at + 1],
      ['Home', 0],
      ['End', bins.length - 1],
    ]).get(event.key)
    if (to === undefined) return
    event.preventDefault()
    go(to)
  }
  return (
    <fieldset class="plot" ref={box} onPointerLeave={() => onActive(null)}>
      <legend class="unseen">{label}</legend>
      <svg width={width} height={HEIGHT} aria-hidden="true">
        <g class="axis">
          {ticks.map((value) => (
            <g key={value}>
              <line x1={LEFT} x2={width} y1={line(value)} y2={line(value)} />
              <text x={LEFT - 8} y={line(value) + 4} text-anchor="end">
                {onAxis(value, ticks[1] ?? 1, measure, display)}
              </text>
            </g>
          ))}
        </g>
        {bins.map(({ start }, at) => (
          <g key={start} class={classOf(at, active, picked)}>
            <rect class="ground" x={LEFT + at * each} y={TOP} width={each} height={HEIGHT - TOP - BOTTOM} />
            {segments(stack, at).map(({ colour, from, to }) => (
              <rect
                key={colour ?? 'others'}
                class={swatchClass(colour)}
                x={LEFT + at * each + gapOf(each) / 2}
                width={Math.max(1, each - gapOf(each))}
                y={y(to)}
                // A line of the ground between two segments tells them apart without their colours.
                height={Math.max(0.5, y(from) - y(to) - (from > 0 ? 1 : 0))}
              />
            ))}
          </g>
        ))}
        <g class="axis">
          {bins.map(
            ({ start, label: text }, at) =>
              text !== '' &&
              at % nth === 0 && (
                <text
                  key={start}
                  x={LEFT + (at + (isSparse ? 0 : 0.5)) * each}
                  y={HEIGHT - 6}
                  text-anchor={isSparse ? 'start' : 'middle'}
                >
                  {text}
                </text>
              ),
          )}
        </g>
      </svg>
      <div class="bins">
        {bins.map((bin, at) => (
          <button
            key={bin.start}
            type="button"
            data-at={at}
            tabIndex={at === stop ? 0 : -1}
            aria-pressed={at === picked}
            aria-label={`${bin.title}: ${inMeasure(stack.heights[at] ?? 0, measure, display)}${measure === 'tokens' ? ' tokens' : ''}`}
            onFocus={() => onActive(at)}
            onBlur={() => onActive(null)}
            onPointerEnter={() => onActive(at)}
            onClick={() => onPick(at)}
            onKeyDown={(event) => keys(event, at)}
          />
        ))}
      </div>
    </fieldset>
  )
}

interface Segment {
  readonly colour: number | null
  readonly from: number
  readonly to: number
}

/** From the ground up, the largest series first. */
function segments({ series }: Stack, at: number): Segment[] {
  let from = 0
  return series.flatMap(({ colour, values }) => {
    const value = values[at] ?? 0
    if (value <= 0) return []
    const segment = { colour, from, to: from + value }
    from += value
    return [segment]
  })
}

function classOf(at: number, active: number | null, picked: number | null): string {
  return ['bin', at === active ? 'active' : '', picked !== null && at !== picked ? 'dim' : '']
    .join(' ')
    .trim()
}

function gapOf(each: number): number {
  return Math.min(8, Math.max(1, each * 0.22))
}

/** Where the tab key stops first. */
function lastUsed({ heights }: Stack): number {
  return Math.max(
    0,
    heights.findLastIndex((value) => value > 0),
  )
}

/** The width of an element in pixels, as it changes. */
function useWidth(box: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0)
  useLayoutEffect(() => {
    const element = box.current
    if (element === null) return
    setWidth(element.clientWidth)
    const observer = new ResizeObserver(() => setWidth(element.clientWidth))
    observer.observe(element)
    return () => observer.disconnect()
  }, [box])
  return width
}
