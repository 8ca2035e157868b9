// What one device's history is made of: names as small numbers, and the buckets that refer to them.
import type { Buckets, ToolBuckets } from './buckets.ts'
import type { Names } from './names.ts'

/** The totals of one device. Names are its own: what one device calls a model is no other device's number. */
export interface Totals {
  readonly agents: Names
  readonly models: Names
  readonly tools: Names
  readonly buckets: Buckets
  readonly toolBuckets: ToolBuckets
}
