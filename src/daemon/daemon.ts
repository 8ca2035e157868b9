// The composition root: builds the parts, starts them in order, stops them in reverse.
// What the socket does not need to answer is loaded after it answers.
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { WebState } from '../contract/access.ts'
import { pathsOf, type Surroundings } from '../contract/paths.ts'
import type { Access } from './access/access.ts'
import { createBus } from './bus.ts'
import type { Devices } from './devices/devices.ts'
import { ownName } from './devices/own-name.ts'
import type { Doctor } from './doctor/doctor.ts'
import { claimInstance, type KeptInstance, keepInstance } from './instance.ts'
import { type ControlListener, listenControl } from './listeners/control.ts'
import { createDispatcher } from './listeners/dispatcher.ts'
import { createFeeds } from './listeners/feeds.ts'
import type { LanDoor } from './listeners/oauth-metadata.ts'
import type { Web } from './listeners/web.ts'
import { daemonStatus } from './methods/daemon.ts'
import { createHandlers } from './methods/methods.ts'
import type { Parts } from './methods/parts.ts'
import { Requests } from './requests/requests.ts'
import { CONFIG_INCIDENT, readSettings } from './settings.ts'
import type { Audit } from './store/audit.ts'
import { createIncidents } from './store/incidents.ts'
import { createLog } from './store/log.ts'
import type { Totals } from './tallies/totals.ts'
import type { Tokens } from './tokens/tokens.ts'
import { indexAhead } from './usage/index/ahead.ts'
import type { Usage } from './usage/usage.ts'
import type { Share, Views } from './views/views.ts'

/** The web listener before it is opened. */
const NO_WEB: WebState = { url: null, port: null, lan: false, plainHttp: false, problem: null }

/** How long parts may take to stop, in milliseconds; a stop that hangs ends anyway. */
const LONGEST_STOP_MS = 20_000
/** Incidents come in showers: the doctor looks once after each, in milliseconds. */
const CALM_MS = 1_000

/** Who runs: the version, and the folder of the bundled programs. */
export interface Program {
  readonly version: string
  readonly folder: string
}

/** What is loaded after the socket answers. */
interface Loaded {
  readonly audit: Audit
  readonly usage: Usage
  readonly devices: Devices
  readonly tokens: Tokens
  readonly access: Access
  readonly views: Views
  readonly web: Web
}

/** Runs the daemon; resolves when it answers. Throws TallyError badHome, alreadyRunning or stateUnwritable. */
export async function runDaemon({ version, folder }: Program): Promise<void> {
  process.umask(0o077)
  const surroundings: Surroundings = { env: process.env, home: homedir(), platform: process.platform }
  const paths = pathsOf(surroundings)
  const log = createLog(process.env['TALLYD_LOG'])
  const lock = await claimInstance(paths)
  const { config, mistakes } = await readSettings(paths.config)
  const indexer = join(folder, 'indexer.js')
  const ahead = indexAhead(indexer, { paths, surroundings, config })
  const bus = createBus()
  const requests = new Requests(() => bus.emit('requestsChanged'))
  const incidents = createIncidents({ path: paths.incidents, log, now: Date.now, onChanged: lookSoon })

  let usage: Usage | undefined
  let audit: Audit | undefined
  let devices: Devices | undefined
  let tokens: Tokens | undefined
  let access: Access | undefined
  let views: Views | undefined
  let web: Web | undefined
  let doctor: Promise<Doctor> | undefined
  let problems = 0
  let look: NodeJS.Timeout | undefined
  let stopping = false
  let listener: ControlListener | undefined
  let kept: KeptInstance | undefined
  const { promise: rest, resolve: loaded, reject: notLoaded } = promised<Loaded>()
  // Whoever asks for usage hears why it is missing; nobody asking is no crash.
  rest.catch(() => undefined)

  const parts: Parts = {
    version,
    paths,
    deviceName: () => devices?.self().name ?? ownName(config),
    startedAt: new Date().toISOString(),
    requests,
    usageIfLoaded: () => usage,
    usage: async () => (await rest).usage,
    devicesIfLoaded: () => devices,
    async devices() {
      const { devices: opened } = await rest
      await opened.mend()
      return opened
    },
    audit: async () => (await rest).audit,
    tokens: async () => (await rest).tokens,
    access: async () => (await rest).access,
    web: () => web?.state() ?? NO_WEB,
    launch: async () => (await rest).web.launch(),
    certificate: async () => (await rest).web.certificate(),
    views: async () => (await rest).views,
    doctor: () => (doctor ??= loadDoctor()),
    problems: () => problems,
    stop: () => void setImmediate(() => stop()),
  }
  const feeds = createFeeds({
    bus,
    log,
    compute: (wanted) => {
      if (wanted.event === 'status.changed') return daemonStatus(parts)
      if (wanted.event === 'audit.added') return { entries: audit?.newest() ?? [] }
      if (wanted.event === 'requests.changed') return { requests: requests.list() }
      if (views === undefined || devices === undefined) throw new Error('usage is not loaded')
      if (wanted.event === 'pairing.changed') return devices.pairing()
      return views.summary(wanted.params ?? {})
    },
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => (stopping ? process.exit(1) : stop()))
  }
  const dispatcher = createDispatcher({ handlers: createHandlers(parts), log })
  try {
    const own = { loaded: () => rest, mayUnlink: lock.isHeld }
    listener = await listenControl({ path: paths.socket, dispatcher, feeds, log, ...own })
  } catch (error) {
    ahead?.indexer.stop()
    lock.release()
    throw error
  }
  kept = keepInstance({ paths, lock, listener, incidents, log, lost: () => void stop(true) })
  log.info(`tallyd ${version} answers on ${paths.socket}`)
  // Not awaited: the socket answers from here on.
  void startRest()

  async function startRest(): Promise<void> {
    incidents.resolve(CONFIG_INCIDENT)
    for (const mistake of mistakes) incidents.record(mistake)
    await incidents.load()
    try {
      const [
        { createAudit },
        { openTokens },
        { createAccess },
        { createUsage },
        { openDevices },
        { createViews },
        { systemZone },
        { Web },
        { whoami },
      ] = await Promise.all([
        import('./store/audit.ts'),
        import('./tokens/open.ts'),
        import('./access/access.ts'),
        import('./usage/usage.ts'),
        import('./devices/open.ts'),
        import('./views/views.ts'),
        import('./views/zone.ts'),
        import('./listeners/web.ts'),
        import('./methods/access.ts'),
      ])
      const given = { paths, surroundings, config, bus, incidents, now: Date.now }
      const recorded = createAudit({ ...given, log, onAdded: () => bus.emit('auditAdded') })
      audit = recorded
      void recorded.load()
      tokens = await openTokens({ ...given, audit: recorded })
      access = createAccess({
        tokens,
        requests,
        record: (...what) => recorded.record(...what),
        clients: config.web?.clients ?? [],
        now: Date.now,
      })
      const created = createUsage({ ...given, indexer, ahead })
      const totals = () => created.totals()
      const opened = await openDevices({
        ...given,
        log,
        audit: recorded,
        requests,
        version,
        totals,
        isComplete: () => created.isComplete(),
        timeZone: systemZone,
        async openListener(door, at) {
          const [{ listenLan }, { tokens: narrow }] = await Promise.all([import('./listeners/lan.ts'), rest])
          const issuer = () => web?.state().url ?? null
          return listenLan(door, at, log, { dispatcher, tokens: narrow, access: parts.access, issuer })
        },
      })
      usage = created
      devices = opened
      views = createViews({
        config,
        now: Date.now,
        devices: opened.list,
        shares: () => sharesOf(opened, totals()),
      })
      web = new Web({
        ...given,
        log,
        audit: recorded,
        tokens,
        dispatcher,
        feeds,
        access: parts.access,
        loaded: () => rest,
        whoami: (asker) => whoami(parts, asker),
        lan: () => lanDoor(opened),
        page: join(folder, '..', 'page'),
      })
      loaded({ audit, usage, devices, tokens, access, views, web })
      opened.start().catch((error) => log.error('devices did not start', error))
      // Ready means that it is known where it listens.
      await web.start()
      await created.start()
    } catch (error) {
      log.error('usage did not start', error)
      notLoaded(error)
    }
    bus.emit('statusChanged')
    lookSoon()
  }

  async function loadDoctor(): Promise<Doctor> {
    const [{ createDoctor }, { checkups }] = await Promise.all([
      import('./doctor/doctor.ts'),
      import('./doctor/checkups.ts'),
    ])
    return createDoctor(
      checkups({ ...parts, incidents, webChecks: async () => (await rest).web.checks() }),
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
    const steps = [
      () => kept?.stop(),
      () => web?.stop(),
      () => listener?.close(),
      () => feeds.close(),
      () => devices?.stop(),
      () => access?.stop(),
      ...(isLost
        ? []
        : [() => tokens?.close(), () => audit?.close(), () => usage?.stop(), () => incidents.flush()]),
      () => lock.release(),
    ]
    let failed = false
    for (const step of steps) {
      try {
        await step()
      } catch (error) {
        failed = true
        log.error('a part did not stop', error)
      }
    }
    process.exit(failed ? 1 : 0)
  }
}

/** Whose totals make up every sum: this device's own, and what the others told. */
function sharesOf(devices: Devices, own: Totals): Share[] {
  return [
    { device: devices.self(), totals: own },
    ...devices.remotes().map(({ facts, totals }) => ({ device: facts, totals })),
  ]
}

/** Null while it is closed. */
function lanDoor(devices: Devices): LanDoor | null {
  const { open, port } = devices.sharing()
  const { id } = devices.self()
  return open && port !== null && id !== null ? { port, fingerprint: id } : null
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
