// daemon.*: what runs, since when, where, and how to end it.
import { type Static, Type } from 'typebox'
import { WebState } from './access.ts'
import { method } from './method.ts'
import { Sharing } from './sharing.ts'

const none = Type.Object({}, { additionalProperties: false })
const count = Type.Integer({ minimum: 0 })

export const Progress = Type.Object(
  {
    bytesDone: count,
    bytesTotal: count,
    filesDone: count,
    filesTotal: count,
    startedAt: Type.String(),
  },
  { description: 'the index that is being made' },
)

export const Status = Type.Object({
  version: Type.String(),
  pid: count,
  ready: Type.Boolean({ description: 'the first index is done' }),
  startedAt: Type.String(),
  device: Type.Object({ id: Type.Union([Type.String(), Type.Null()]), name: Type.String() }),
  listeners: Type.Object({ control: Type.Object({ path: Type.String() }), lan: Sharing, web: WebState }),
  index: Type.Object({
    files: count,
    bytes: count,
    lines: count,
    rejected: count,
    tookMs: Type.Number({ minimum: 0, description: 'of the last index from start to ready' }),
  }),
  progress: Type.Union([Progress, Type.Null()]),
  problems: Type.Integer({ minimum: 0, description: 'what doctor would show as warning or broken' }),
})

export const daemonMethods = {
  'daemon.hello': method({
    summary: 'Who answers, and what it can do.',
    params: none,
    result: Type.Object({
      version: Type.String(),
      methods: Type.Array(Type.String()),
      events: Type.Array(Type.String()),
    }),
    errors: [],
    askers: ['owner', 'launch', 'device', 'token'],
    scope: 'any',
    example: { params: {} },
  }),
  'daemon.status': method({
    summary: 'Whether it is ready, what it has read, where it listens.',
    params: none,
    result: Status,
    errors: [],
    askers: ['owner', 'launch'],
    example: { params: {} },
  }),
  'daemon.paths': method({
    summary: 'Every file and folder of this instance, and the log folders it looks at.',
    params: none,
    result: Type.Object({ paths: Type.Record(Type.String(), Type.String()) }),
    errors: [],
    askers: ['owner'],
    example: { params: {} },
  }),
  'daemon.stop': method({
    summary: 'Writes the checkpoint and ends the daemon; the answer comes before the end.',
    params: none,
    result: Type.Object({ stopped: Type.Object({ pid: count }) }),
    errors: [],
    askers: ['owner'],
    example: { params: {}, note: 'not run by the example test' },
  }),
} as const

export type Status = Static<typeof Status>
export type Progress = Static<typeof Progress>
