// Small multiples: agents, models, activities and tools, each as sorted bars; and what of the prompts came from a cache.
import type { ComponentChildren } from 'preact'
import { type Answers, partsUnder } from '../../usage/answers.ts'
import { canNarrowTo, type Look, type Side, toggled } from '../../usage/look.ts'
import type { Colours } from '../../usage/stack.ts'
import { cacheRate, measured, type Ranked, ranked, totalOf } from '../../usage/sums.ts'
import { amount, counted } from '../../words/figures.ts'
import { clean } from '../../words/text.ts'
import { inMeasure, percent, whole } from '../../words/usage.ts'
import { useActions } from '../use.ts'
import { Bar, Figure, swatchClass } from './pieces.tsx'

/** Of a longer list the rest is counted below it. */
const MOST = 7

interface Props {
  readonly answers: Answers
  readonly look: Look
}

export function SmallMultiples({ answers, look }: Props) {
  const { measure } = look
  const value = ({ total }: Ranked) => measured(total, measure)
  const says = (size: number | null) => inMeasure(size, measure, answers.parts.display)
  const { tools } = answers
  return (
    <div class="multiples">
      <Ranks
        title="agents"
        rows={ranked(partsUnder(answers, 'agent'), 'agent', measure)}
        value={value}
        says={says}
        look={look}
        side="agent"
        colours={answers.colours.agent}
      />
      <Ranks
        title="models"
        rows={ranked(partsUnder(answers, 'model'), 'model', measure)}
        value={value}
        says={says}
        look={look}
        side="model"
        colours={answers.colours.model}
      />
      <Ranks
        title="activities"
        rows={ranked(partsUnder(answers), 'activity', measure)}
        value={value}
        says={says}
        look={look}
      />
      {tools === null ? (
        <Panel title="tools">
          <p class="hint">Tool calls are not counted by model.</p>
        </Panel>
      ) : (
        <Ranks
          title="tools"
          aside="calls"
          rows={ranked(tools.rows, 'tool', 'calls')}
          value={({ total }) => total.calls}
          says={(size) => whole(size ?? 0)}
          look={look}
        />
      )}
      <Cache answers={answers} />
    </div>
  )
}

interface RanksProps {
  readonly title: string
  readonly aside?: string
  readonly rows: readonly Ranked[]
  readonly value: (row: Ranked) => number | null
  readonly says: (value: number | null) => string
  readonly look: Look
  /** What a click on a row narrows to. */
  readonly side?: Side
  readonly colours?: Colours
}

function Ranks({ title, aside, rows, value, says, look, side, colours }: RanksProps) {
  const actions = useActions()
  const shown = rows.length <= MOST + 1 ? rows : rows.slice(0, MOST)
  const rest = rows.slice(shown.length)
  const restOf = rest.reduce((sum, row) => sum + (value(row) ?? 0), 0)
  const largest = Math.max(0, ...rows.map((row) => value(row) ?? 0))
  const isStacked = side !== undefined && look.stack === side
  return (
    <Panel title={title} {...(aside === undefined ? {} : { aside })}>
      {rows.length === 0 && <p class="hint">nothing</p>}
      <ol>
        {shown.map((row) => {
          const { name } = row
          const called = name === '' ? 'no name' : clean(name)
          const inside = (
            <>
              <span class="line">
                <bdi class="name" title={called}>
                  {called}
                </bdi>
                <Figure>{says(value(row))}</Figure>
              </span>
              <Bar
                share={largest > 0 ? (value(row) ?? 0) / largest : 0}
                class={swatchClass(isStacked ? (colours?.get(name) ?? null) : undefined)}
              />
            </>
          )
          return (
            <li key={name}>
              {side === undefined || !canNarrowTo(name) ? (
                inside
              ) : (
                <button
                  type="button"
                  aria-pressed={look.only[side] === name}
                  title={`only ${called}`}
                  onClick={() => actions.look(toggled(look, side, name))}
                >
                  {inside}
                </button>
              )}
            </li>
          )
        })}
      </ol>
      {rest.length > 0 && (
        <p class="hint line">
          <span>{counted(rest.length, 'other')}</span> <span>{says(restOf)}</span>
        </p>
      )}
    </Panel>
  )
}

/** What went into models, by where it came from. */
function Cache({ answers }: { readonly answers: Answers }) {
  const { tokens } = totalOf(partsUnder(answers))
  const { input, cacheRead, cacheWrite5m, cacheWrite1h } = tokens
  const written = cacheWrite5m + cacheWrite1h
  const all = input + cacheRead + written
  const rows = [
    ['read from it', cacheRead],
    ['written to it', written],
    ['not cached', input],
  ] as const
  return (
    <Panel title="cache" aside={`${percent(cacheRate(tokens))} hits`}>
      <ol>
        {rows.map(([says, value]) => (
          <li key={says}>
            <span class="line">
              <span class="name">{says}</span>
              <Figure>{amount(value)}</Figure>
            </span>
            <Bar share={all > 0 ? value / all : 0} class="plain" />
          </li>
        ))}
      </ol>
      <p class="hint">Of {amount(all)} tokens that went into models. Hits are what was read of that.</p>
    </Panel>
  )
}

interface PanelProps {
  readonly title: string
  readonly aside?: string
  readonly children: ComponentChildren
}

function Panel({ title, aside, children }: PanelProps) {
  return (
    <section aria-label={title} class="ranks">
      <h2 class="line">
        <span>{title}</span> {aside !== undefined && <span class="hint">{aside}</span>}
      </h2>
      {children}
    </section>
  )
}
