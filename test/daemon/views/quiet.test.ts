// Garbage is collected when many questions were asked and none comes any more, and not in between.
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { Quiet } from '../../../src/daemon/views/quiet.ts'

/** Counts collections; `first` resolves with the first. */
function counting(quietMs: number) {
  let tell: () => void = () => undefined
  const first = new Promise<void>((resolve) => {
    tell = resolve
  })
  const counted = { times: 0 }
  const quiet = new Quiet(() => {
    counted.times++
    tell()
  }, quietMs)
  return { quiet, counted, first }
}

t.test('many questions, then silence: once', async (t) => {
  const { quiet, counted, first } = counting(1)
  // What the daemon waits with does not keep a process.
  const keeping = setInterval(() => undefined, 1_000)
  for (let question = 0; question < 200; question++) quiet.asked()
  t.equal(counted.times, 0, 'not while somebody asks')
  await first
  await sleep(20)
  clearInterval(keeping)
  t.equal(counted.times, 1)
})

t.test('a few questions are not worth it', async (t) => {
  const { quiet, counted } = counting(0)
  for (let question = 0; question < 10; question++) quiet.asked()
  await sleep(20)
  t.equal(counted.times, 0)
})

t.test('what else left much behind needs no questions', async (t) => {
  const { quiet, counted, first } = counting(1)
  const keeping = setInterval(() => undefined, 1_000)
  quiet.wait()
  await first
  clearInterval(keeping)
  t.equal(counted.times, 1)
})
