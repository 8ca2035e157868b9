// Answers as JSON: the same text as JSON.stringify, written out once for an object that comes again.
import t from 'tap'
import { jsonText } from '../../../src/daemon/listeners/json-text.ts'

t.test('as JSON.stringify has it, whatever it is', async (t) => {
  const large = { rows: Array.from({ length: 2_000 }, (_, at) => ({ at, name: 'ä\n"' })) }
  for (const value of [null, 1, 'text', [], {}, { a: undefined }, large, large]) {
    t.equal(jsonText(value), JSON.stringify(value))
  }
})

t.test('what is large and comes again is not written out again', async (t) => {
  let written = 0
  const value = {
    rows: 'x'.repeat(20_000),
    get counted() {
      return ++written
    },
  }
  t.equal(jsonText(value), jsonText(value))
  t.equal(written, 1)
})
