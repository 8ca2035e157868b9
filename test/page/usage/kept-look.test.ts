// What stays of a look over a reload.
import t from 'tap'
import { keepLook, keptLook } from '../../../src/page/usage/kept-look.ts'
import { FIRST_LOOK } from '../../../src/page/usage/look.ts'

function storage(text: string | null = null) {
  const kept = { text }
  return {
    kept,
    getItem: () => kept.text,
    setItem: (_key: string, value: string) => {
      kept.text = value
    },
  }
}

t.test('range, measure and stacking stay, names do not', async (t) => {
  const held = storage()
  t.same(keptLook(held), FIRST_LOOK)
  const only = { device: 'qanary', agent: null, model: null }
  keepLook(held, { range: 'week', measure: 'tokens', stack: 'model', only, span: { start: 1, end: 2 } })
  t.notMatch(held.kept.text, 'qanary')
  t.same(keptLook(held), { ...FIRST_LOOK, range: 'week', measure: 'tokens', stack: 'model' })
})

t.test('what is no look is the first one', async (t) => {
  for (const text of ['', '{', '7', '"day"', '[]', '{"range":"year","measure":1,"stack":"__proto__"}'])
    t.same(keptLook(storage(text)), FIRST_LOOK, text)
})
