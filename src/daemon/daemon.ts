// The composition root: builds the parts, starts them in order, stops them in reverse.
// What the socket does not need to answer is loaded after it answers.
import { homedir, uptime } from 'node:os'
import { join } from 'node:path'
import type { WebState } from '../contract/access.ts'
import { pathsOf, type Surroundings } from '../contract/paths.ts'
import { createBus } from './bus.ts'
import { type Descriptors, watchDescriptors } from './descriptors.ts'
import { ownName } from './devices/own-name.ts'
import type { Doctor } from './doctor/doctor.ts'
import { claimInstance, type KeptInstance, keepInstance } from './instance.ts'
import { type ControlListener, listenControl } from './listeners/control.ts'
import { createDispatcher } from './listeners/dispatcher.ts'
import { createFeeds } from './listeners/feeds.ts'
import { eventValue } from './methods/event-values.ts'
import { createHandlers } from './methods/methods.ts'
import type { Parts } from './methods/parts.ts'
import { CHANGED_INCIDENT, createReload, REFUSED_INCIDENT } from './reload.ts'
import { Requests } from './requests/requests.ts'
import type { Rest } from './rest.ts'
import { selfCall } from './self-call.ts'
import { CONFIG_INCIDENT, readSettings } from './settings.ts'
import type { Format } from './sinks/format.ts'
import { stopAll } from './stopping.ts'
import { createIncidents } from './store/incidents.ts'
import { createLog } from './store/log.ts'
import { refuseNewer } from './store/schemas.ts'
import { createSupervisor } from './supervisor.ts'
import { indexAhead } from './usage/index/ahead.ts'
import type { Indexer } from './usage/index/indexing.ts'
import type { Vault } from './vault/vault.ts'
import { noticeWaking } from './waking.ts'

/** The web listener before it is opened. */
const NO_WEB: WebState = {
  url: null,
  port: null,
  lan: false,
  plainHttp: false,
  plainHttpPort: null,
  problem: null,
}

/** A stop that hangs ends anyway, in milliseconds; an orderly one is done before. */
const LONGEST_STOP_MS = 5_000
/** Incidents come in showers: the doctor looks once after each, in milliseconds. */
const CALM_MS = 1_000

/** Who runs: the version, the folder of the bundled programs, and the indexer that was prepared for a first index. */
export interface Program {
  readonly version: string
  readonly folder: string
  readonly indexer: Indexer | null
}

/** Runs the daemon; resolves when it answers. Throws TallyError badHome, alreadyRunning, newerState or stateUnwritable. */
export async function runDaemon({ version, folder, indexer: prepared }: Program): Promise<void> {
  const surroundings: Surroundings = { env: process.env, home: homedir(), platform: process.platform }
  const paths = pathsOf(surroundings)
  const logLevel = process.env['TALLYD_LOG'] || undefined
  let descriptors: Descriptors | undefined
  const log = createLog(logLevel, { paths, met: (error) => descriptors?.note(error) })
  refuseNewer(paths, version)
  const check = (patience: AbortSignal) => selfCall(paths.socket, patience)
  const supervisor = createSupervisor({ env: process.env, pid: process.pid, log, check })
  const lock = await claimInstance(paths)
  const { config, mistakes } = await readSettings(paths.config)
  if (logLevel === undefined) log.setLevel(config.log?.level)
  const ahead = indexAhead(prepared, { paths, surroundings, config })
  const started = { at: Date.now(), uptime: uptime() }
  const bus = createBus()
  const requests = new Requests(() => bus.emit('requestsChanged'))
  const incidents = createIncidents({ path: paths.incidents, log, now: Date.now, onChanged: lookSoon })
  descriptors = watchDescriptors({ incidents })
  const checkDescriptors = descriptors.check

  const shared = { paths, surroundings, config, bus, incidents, log, now: Date.now }

  const late: Partial<Rest> = {}
  let doctor: Promise<Doctor> | undefined
  let vault: Promise<Vault> | undefined
  let problems = 0
  let look: NodeJS.Timeout | undefined
  let stopping = false
  let listener: ControlListener | undefined
  let kept: KeptInstance | undefined
  let noticeNoMore: (() => void) | undefined
  const { promise: rest, resolve: loaded, reject: notLoaded } = promised<Rest>()
  // Whoever asks for usage hears why it is missing; nobody asking is no crash.
  rest.catch(() => undefined)

  const parts: Parts = {
    version,
    paths,
    deviceName: () => late.devices?.self().name ?? ownName(config),
    startedAt: new Date().toISOString(),
    requests,
    usageIfLoaded: () => late.usage,
    usage: async () => (await rest).usage,
    devicesIfLoaded: () => late.devices,
    async devices() {
      const { devices } = await rest
      await devices.mend()
      return devices
    },
    audit: async () => (await rest).audit,
    transfers: async () => (await rest).transfers.load(),
    tokens: async () => (await rest).tokens,
    access: async () => (await rest).access,
    logins: async () => (await rest).logins,
    displays: async () => (await rest).displays,
    vault: () => (vault ??= loadVault()),
    web: () => late.web?.state() ?? NO_WEB,
    launch: async () => (await rest).web.launch(),
    certificate: async () => (await rest).web.certificate(),
    views: async () => (await rest).views,
    quotas: async () => (await rest).quotas,
    alerts: async () => (await rest).alerts,
    doctor: () => (doctor ??= loadDoctor()),
    problems: () => problems,
    stop: () => void setImmediate(() => stop()),
  }
  const feeds = createFeeds({
    bus,
    log,
    compute: (wanted, isNamed) => eventValue(wanted, isNamed, { parts, ...late }),
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => (stopping ? process.exit(1) : stop()))
  }
  const reload = createReload({ path: paths.config, config, logLevel, incidents, log })
  process.on('SIGHUP', () => void supervisor.reloading(reload))
  const dispatcher = createDispatcher({ handlers: createHandlers(parts), log })
  try {
    const own = {
      loaded: () => rest,
      mayUnlink: lock.isHeld,
      metrics: async (format: Format) => (await rest).metrics(format, true),
      tallyctl: ownClient(folder, process.env['TALLYD_HOME']),
    }
    listener = await listenControl({ path: paths.socket, dispatcher, feeds, log, ...own })
  } catch (error) {
    ahead?.indexer.stop()
    lock.release()
    throw error
  }
  kept = keepInstance({ paths, lock, listener, incidents, log, lost: () => void stop(true) })
  log.info(`tallyd ${version} answers on ${paths.socket}`)
  supervisor.ready()
  noticeNoMore = noticeWaking({ now: Date.now, woken: () => bus.emit('woken') })
  // Not awaited: the socket answers from here on.
  void startRest()

  async function startRest(): Promise<void> {
    for (const code of [CONFIG_INCIDENT, CHANGED_INCIDENT, REFUSED_INCIDENT]) incidents.resolve(code)
    for (const mistake of mistakes) incidents.record(mistake)
    await incidents.load()
    try {
      const { loadRest } = await import('./rest.ts')
      const { isHeld: isOurs, isTaken } = lock
      const given = { ...shared, requests, version, folder, ahead, parts, dispatcher, feeds, isOurs, isTaken }
      const all = await loadRest(given, late, () => rest)
      loaded(all)
      all.devices.start().catch((error) => log.error('devices did not start', error))
      all.logins.start()
      // Ready means that it is known where it listens.
      await all.web.start()
      await all.usage.start()
    } catch (error) {
      log.error('usage did not start', error)
      notLoaded(error)
    }
    bus.emit('statusChanged')
    lookSoon()
  }

  /** Not before the incidents are read: opening it may make one. */
  async function loadVault(): Promise<Vault> {
    await rest
    const { openVault } = await import('./vault/open.ts')
    return openVault({ ...shared, folder })
  }

  async function loadDoctor(): Promise<Doctor> {
    const [{ createDoctor }, { checkups }] = await Promise.all([
      import('./doctor/doctor.ts'),
      import('./doctor/checkups.ts'),
    ])
    return createDoctor(
      checkups({
        ...parts,
        started,
        incidents,
        checkDescriptors,
        webChecks: async () => (await rest).web.checks(),
      }),
      (found) => {
        if (found === problems) return
        problems = found
        bus.emit('statusChanged')
      },
    )
  }

  function lookSoon(): void {
    if (stopping) return
    look ??= setTimeout(() => {
      look = undefined
      parts
        .doctor()
        .then((found) => found.run(false))
        .catch((error) => log.error('the doctor failed', error))
    }, CALM_MS).unref()
  }

  /** `isLost`: another daemon has this home, so nothing is written there any more. */
  async function stop(isLost = false): Promise<void> {
    if (stopping) return
    stopping = true
    setTimeout(() => process.exit(1), LONGEST_STOP_MS).unref()
    clearTimeout(look)
    noticeNoMore?.()
    descriptors?.stop()
    const told = supervisor.stopping()
    const closing = [
      () => kept?.stop(),
      // Before there is usage nobody else knows of it.
      () => (late.usage === undefined ? ahead?.indexer.stop() : undefined),
      // Each waits a while for answers that are under way.
      () => Promise.all([late.web?.stop(), listener?.close()]),
      () => late.lastGlance?.stop(),
      () => feeds.close(),
      () => late.logins?.stop(),
      // Before devices: the other side is told.
      () => late.transfers?.stop(),
      () => late.devices?.stop(),
      () => late.access?.stop(),
      () => late.displays?.stop(),
      () => late.alerts?.stop(),
    ]
    const writing = [
      () => late.tokens?.close(),
      () => late.audit?.close(),
      async () => (await vault)?.settled(),
      () => late.usage?.stop(),
      () => late.quotas?.stop(),
      () => incidents.flush(),
    ]
    const ended = await stopAll({ closing, writing: isLost ? [] : writing }, log)
    lock.release()
    await told
    process.exit(ended ? 0 : 1)
  }
}

/** What runs the client of this instance, word by word, wherever it is run from. */
function ownClient(folder: string, home: string | undefined): string[] {
  const words = [process.execPath, join(folder, '..', 'ctl', 'main.js')]
  return home === undefined || home === '' ? words : ['/usr/bin/env', `TALLYD_HOME=${home}`, ...words]
}

function promised<T>() {
  let resolve: (value: T) => void = () => undefined
  let reject: (reason: unknown) => void = () => undefined
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}
