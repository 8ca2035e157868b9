// Who follows a widget and reads slowly, or not at all: one text is on its way, one waits, and nobody else notices.
import { Writable } from 'node:stream'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { Followers } from '../../../src/daemon/listeners/followers.ts'

interface Reader {
  readonly line: Writable
  readonly got: string[]
  /** Lets what is on its way arrive. */
  take(): void
}

/** A reader that takes nothing until it is told to, or everything at once. */
function reader(isQuick: boolean): Reader {
  const got: string[] = []
  let arrived: (() => void) | undefined
  const line = new Writable({
    decodeStrings: false,
    write(text: string, _encoding, done) {
      got.push(text)
      if (isQuick) done()
      else arrived = done
    },
  })
  line.on('error', () => undefined)
  return {
    line,
    got,
    take() {
      const done = arrived
      arrived = undefined
      done?.()
    },
  }
}

const nobody = () => undefined

t.test('a slow reader misses texts, never the newest one', async (t) => {
  const followers = new Followers()
  const [slow, quick] = [reader(false), reader(true)]
  followers.add('plain', slow.line, '0', nobody)
  followers.add('plain', quick.line, '0', nobody)
  for (let text = 1; text <= 50; text++) {
    followers.send('plain', String(text))
    await turn()
  }
  t.equal(quick.got.length, 51, 'the quick one has every text')
  t.same(slow.got, ['0'])
  t.equal(slow.line.writableLength, 1, 'one text is on its way, and none behind it')
  slow.take()
  await turn()
  t.same(slow.got, ['0', '50'])
})

t.test('a text is sent to those who follow its format', async (t) => {
  const followers = new Followers()
  const [plain, tmux] = [reader(true), reader(true)]
  followers.add('plain', plain.line, 'p', nobody)
  followers.add('tmux', tmux.line, 't', nobody)
  followers.send('tmux', 't2')
  followers.send('xbar', 'x')
  await turn()
  t.same([plain.got, tmux.got], [['p'], ['t', 't2']])
  t.same(followers.formats(), ['plain', 'tmux'])
})

t.test('a thousand are written to in portions', async (t) => {
  const followers = new Followers()
  const all = Array.from({ length: 1_000 }, () => reader(true))
  for (const { line } of all) followers.add('plain', line, '0', nobody)
  await turn()
  const withText = (text: string) => all.filter(({ got }) => got.at(-1) === text).length
  followers.send('plain', '1')
  t.ok(withText('1') > 0 && withText('1') <= 32, `${withText('1')} at once`)
  await turn()
  followers.send('plain', '2')
  while (withText('2') < 1_000) await turn()
  t.ok(
    all.some(({ got }) => !got.includes('1')),
    'who had not been written to got the newer one alone',
  )
})

t.test('who leaves is forgotten, once', async (t) => {
  const followers = new Followers()
  const one = reader(false)
  let left = 0
  followers.add('plain', one.line, '0', () => left++)
  followers.send('plain', '1')
  one.line.destroy()
  await turn()
  t.same([followers.size, left, followers.formats()], [0, 1, []])
  followers.send('plain', '2')
  one.take()
  await turn()
  t.same(one.got, ['0'])
})

t.test('whoever reads nothing makes room when all places are taken', async (t) => {
  const followers = new Followers({ most: 2, stuckMs: 20 })
  const [stuck, idle] = [reader(false), reader(true)]
  followers.add('plain', stuck.line, '0', nobody)
  followers.add('plain', idle.line, '0', nobody)
  await turn()
  t.notOk(followers.hasRoom(), 'it may only be slow')
  await sleep(40)
  t.ok(followers.hasRoom())
  await turn()
  t.same([stuck.line.destroyed, idle.line.destroyed, followers.size], [true, false, 1])
})

t.test('the end ends every line', async (t) => {
  const followers = new Followers()
  const all = Array.from({ length: 100 }, () => reader(true))
  for (const { line } of all) followers.add('plain', line, '0', nobody)
  followers.send('plain', '1')
  followers.end()
  await turn()
  t.ok(all.every(({ line }) => line.writableEnded))
})
