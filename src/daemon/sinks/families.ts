// Every metric there is: its name, type, labels and help, and how many series it may have. docs/metrics.md is made from it.
// Names follow Prometheus: base units, `_total` for what only adds up.

export interface Family {
  readonly type: 'counter' | 'gauge'
  readonly labels: readonly string[]
  readonly help: string
  /** How many series at most, in the words of the docs. */
  readonly series: string
}

/** So many sums by device, agent and model are told apart; see usage-rows.ts. */
export const ROWS_CAP = 2_000

const ROW = ['device', 'agent', 'model'] as const
const FALLS = 'All history; falls where history is forgotten, merged or counted anew.'
const rows = 'rows'
const devices = 'devices'
const agents = 'agents'

export const FAMILIES = {
  tallyd_usage_tokens_total: {
    type: 'counter',
    labels: [...ROW, 'class'],
    help: `Tokens by class; input is without cache tokens, output includes reasoning. ${FALLS}`,
    series: '5 x rows',
  },
  tallyd_usage_reasoning_tokens_total: {
    type: 'counter',
    labels: ROW,
    help: `Tokens of reasoning, which are part of class output. ${FALLS}`,
    series: rows,
  },
  tallyd_usage_calls_total: {
    type: 'counter',
    labels: ROW,
    help: `Requests to a model, each counted once. ${FALLS}`,
    series: rows,
  },
  tallyd_usage_sessions_total: {
    type: 'counter',
    labels: ROW,
    help: `Sessions that began, by the model of their first call. ${FALLS}`,
    series: rows,
  },
  tallyd_usage_web_searches_total: {
    type: 'counter',
    labels: ROW,
    help: `Web searches that models made. ${FALLS}`,
    series: rows,
  },
  tallyd_usage_cost_usd_total: {
    type: 'counter',
    labels: ROW,
    help: `US dollars at the prices valid when it was spent; absent where the model has no price. ${FALLS} A new price table prices all history anew.`,
    series: rows,
  },
  tallyd_usage_unpriced_tokens_total: {
    type: 'counter',
    labels: ROW,
    help: `Tokens of models without a price, all classes; absent where the model has one. ${FALLS}`,
    series: rows,
  },
  tallyd_device_self: {
    type: 'gauge',
    labels: ['device'],
    help: 'Always 1: the device that is scraped. The other devices are those that it knows.',
    series: '1',
  },
  tallyd_device_live: {
    type: 'gauge',
    labels: ['device'],
    help: 'Whether what the device tells arrives here as it happens; 1 for the device that is scraped.',
    series: devices,
  },
  tallyd_device_last_seen_timestamp_seconds: {
    type: 'gauge',
    labels: ['device'],
    help: 'When the device last told something; absent for the device that is scraped, and before the first time.',
    series: devices,
  },
  tallyd_device_problem: {
    type: 'gauge',
    labels: ['device', 'problem'],
    help: 'Always 1: why the numbers of the device are not live, as a stable word; absent where nothing is wrong.',
    series: devices,
  },
  tallyd_requests_waiting: {
    type: 'gauge',
    labels: ['kind'],
    help: "Requests that wait for the owner's yes.",
    series: 'kinds of requests: 2',
  },
  tallyd_doctor_problems: {
    type: 'gauge',
    labels: [],
    help: 'What tallyctl doctor would show as warning or broken, as last looked at.',
    series: '1',
  },
  tallyd_index_ready: {
    type: 'gauge',
    labels: [],
    help: 'Whether the first index is done; until then usage of this device may be less than it is.',
    series: '1',
  },
  tallyd_index_progress_ratio: {
    type: 'gauge',
    labels: [],
    help: 'How much of the index that is being made is done, by bytes; 1 where none is.',
    series: '1',
  },
  tallyd_index_files: {
    type: 'gauge',
    labels: ['agent'],
    help: 'Log files of this device that were read.',
    series: agents,
  },
  tallyd_index_bytes: {
    type: 'gauge',
    labels: ['agent'],
    help: 'Bytes of those files that were read.',
    series: agents,
  },
  tallyd_index_lines: {
    type: 'gauge',
    labels: ['agent'],
    help: 'Lines of those files that were read.',
    series: agents,
  },
  tallyd_index_rejected_lines: {
    type: 'gauge',
    labels: ['agent', 'reason'],
    help: 'Lines of those files that could not be counted; absent where there are none.',
    series: 'about 20 reasons an agent',
  },
  tallyd_index_unreadable: {
    type: 'gauge',
    labels: ['agent'],
    help: 'Log files and folders of this device that could not be read.',
    series: agents,
  },
  tallyd_index_newest_timestamp_seconds: {
    type: 'gauge',
    labels: ['agent'],
    help: 'The latest time that the logs of this device tell of; absent where they tell of none.',
    series: agents,
  },
  tallyd_build_info: {
    type: 'gauge',
    labels: ['version', 'node'],
    help: 'Always 1: the version of tallyd and of the Node that runs it.',
    series: '1',
  },
  process_start_time_seconds: {
    type: 'gauge',
    labels: [],
    help: 'When the daemon started.',
    series: '1',
  },
  process_cpu_seconds_total: {
    type: 'counter',
    labels: [],
    help: 'Processor time of the daemon, user and system.',
    series: '1',
  },
  process_resident_memory_bytes: {
    type: 'gauge',
    labels: [],
    help: 'Resident memory of the daemon.',
    series: '1',
  },
  process_open_fds: {
    type: 'gauge',
    labels: [],
    help: 'Open file descriptors of the daemon; Linux only.',
    series: '1',
  },
} as const satisfies Readonly<Record<string, Family>>

export type FamilyName = keyof typeof FAMILIES

/** One number, with a value for each label of its family. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** What is told of some families; a family without series is absent. */
export type Told = Partial<Record<FamilyName, readonly Series[]>>
