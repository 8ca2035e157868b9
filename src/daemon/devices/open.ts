// Builds the devices part: what a device that is alone needs at once, everything with a socket when it is first wanted.

import type { Config } from '../../contract/config.ts'
import { TallyError } from '../../contract/errors.ts'
import type { Paired } from '../../contract/pairing.ts'
import type { Paths, Surroundings } from '../../contract/paths.ts'
import { TRANSFER } from '../../contract/transfer-words.ts'
import type { WireQuota } from '../../contract/wire.ts'
import type { Bus } from '../bus.ts'
import type { Identity } from '../identity/identity.ts'
import { machineIdOf } from '../identity/machine.ts'
import type { Requests } from '../requests/requests.ts'
import type { Audit } from '../store/audit.ts'
import type { Incidents } from '../store/incidents.ts'
import type { Log } from '../store/log.ts'
import type { Totals } from '../tallies/totals.ts'
import { checkDevices } from './checks.ts'
import { openCopies } from './copies.ts'
import type { Devices } from './devices.ts'
import type { OpenListener } from './door.ts'
import { selfFacts } from './facts.ts'
import { Histories } from './histories.ts'
import type { Network } from './network.ts'
import { Others } from './others.ts'
import { takeMark } from './outbox-mark.ts'
import { OwnIdentity } from './own-identity.ts'
import { keepNamesApart, ownName } from './own-name.ts'
import { openRoster } from './roster.ts'
import { Trust } from './trust.ts'

export interface DevicesContext {
  readonly paths: Paths
  readonly surroundings: Surroundings
  readonly config: Config
  readonly bus: Bus
  readonly log: Log
  readonly incidents: Incidents
  readonly audit: Pick<Audit, 'record'>
  /** Of tallyd. */
  readonly version: string
  /** This device's own. */
  readonly totals: () => Totals
  /** Windows of this device's accounts, as it observed them. */
  readonly quotas: () => readonly WireQuota[]
  /** Whether they hold all that the logs told when the daemon started. */
  readonly isComplete: () => boolean
  readonly timeZone: () => string
  readonly openListener: OpenListener
  readonly requests: Requests
  /** That device is trusted no more; null: none is. */
  readonly parted: (id: string | null) => void
  /** The owner closes this device to others: what waits for one of them waits in vain. */
  readonly unreachable: () => void
  /** A paired device wants to send something. */
  readonly transferOffered: (from: Paired, transfer: string) => void
  /** Unix milliseconds. */
  readonly now: () => number
}

/** After these other devices are told something. */
const TOLD_WITH = ['usageChanged', 'quotasChanged'] as const

/** Opens it; where the identity cannot be read everything but counting says so, until the owner decides. */
export async function openDevices(context: DevicesContext): Promise<Devices> {
  const { paths, surroundings, config, bus, incidents, audit, now } = context
  const identity = await OwnIdentity.open({
    paths,
    now,
    machineId: machineIdOf(surroundings.platform),
    log: context.log,
    async taken() {
      await network?.reopen()
      await settle()
    },
  })
  const roster = await openRoster(paths.devices, incidents)
  const copies = openCopies({ paths, incidents, log: context.log })
  const histories = new Histories({ roster, copies })
  const others = new Others({ roster, copies, histories, link: (id) => network?.links.of(id) })
  const mark = await takeMark(paths.outbox)
  let loading: Promise<Network> | undefined
  let network: Network | undefined
  let stopped = false

  // Of the start: a host that is renamed meanwhile must not take the name of another device.
  const givenName = ownName(config)
  const own = () => roster.data.ownName ?? givenName
  const trust = new Trust({
    config,
    roster,
    copies,
    histories,
    audit,
    ownId: () => identity.id,
    ownName: own,
    now,
    settle,
    async renew(id) {
      network?.renew(id)
      await settle()
    },
    async part(id) {
      network?.part(id)
      context.parted(id)
      await settle()
    },
  })

  /** Builds what has sockets, once. */
  function wake(): Promise<Network> {
    loading ??= import('./network.ts').then(({ Network }) => {
      network = new Network({
        ...context,
        roster,
        copies,
        histories,
        trust,
        mark,
        identity: () => identity.known(),
        ownName: own,
        changed: () => bus.emit('statusChanged'),
        usageChanged: () => bus.emit('usageChanged'),
        pairingChanged: () => bus.emit('pairingChanged'),
        transferOffered(id, transfer) {
          const from = roster.byId(id)
          if (from?.state === 'paired') context.transferOffered(from, transfer)
        },
      })
      for (const said of TOLD_WITH) bus.on(said, network.tellOthers)
      bus.on('woken', network.woken)
      return network
    })
    return loading
  }

  /** After every change of who is trusted or what is shared. */
  async function settle(): Promise<void> {
    const isWanted =
      roster.paired.length > 0 ||
      roster.data.share === 'always' ||
      roster.members.some(({ owesNotice }) => owesNotice)
    if (!stopped && (isWanted || loading !== undefined)) await (await wake()).settle()
    bus.emit('statusChanged')
    bus.emit('usageChanged')
  }

  await histories.load()
  await keepNamesApart(own(), roster, audit)

  const list = () => [selfFacts(identity.id, own()), ...others.list()]
  const notShared = () => ({
    open: false,
    port: null,
    mode: roster.data.share ?? ('off' as const),
    until: null,
    problem: null,
  })

  return {
    start: settle,
    async stop() {
      stopped = true
      identity.stop()
      if (loading !== undefined) {
        const { tellOthers, woken } = await loading
        for (const said of TOLD_WITH) bus.off(said, tellOthers)
        bus.off('woken', woken)
      }
      await network?.stop(paths.outbox)
      await copies.close()
    },
    self: () => selfFacts(identity.id, own()),
    list,
    remotes: () => others.remotes(),
    quotas: () => others.quotas(),
    identity: () => shown(identity.known()),
    mend: () => identity.mend(),
    async adoptIdentity() {
      await identity.adopt()
      audit.record('identityAdopted', { id: identity.id, name: own() })
      return shown(identity.known())
    },
    async renewIdentity() {
      await identity.renew(async () => {
        await trust.endAll()
        context.parted(null)
      })
      audit.record('identityRenewed', { id: identity.id, name: own() })
      return shown(identity.known())
    },
    found: () => network?.finding.found() ?? [],
    look: async () => (await wake()).finding.look(),
    sharing: () => network?.sharing.show() ?? notShared(),
    async share(mode, seconds) {
      if ((mode === 'window') !== (seconds !== undefined)) {
        throw new TallyError('invalidParams', 'seconds go with a window, and only with it')
      }
      const { sharing, pairing } = await wake()
      if (mode === 'window') await sharing.window(seconds! * 1000)
      else await sharing.set(mode)
      if (mode === 'off') {
        pairing.cancel()
        context.unreachable()
      }
      audit.record('sharingChanged', {}, seconds === undefined ? mode : `open for ${seconds} s`)
      bus.emit('statusChanged')
      return sharing.show()
    },
    invite: async (direction) => (await wake()).pairing.invite(direction),
    join: async (address, code, direction) => (await wake()).pairing.join(address, code, direction),
    compare: async (address, direction) => (await wake()).pairing.compare(address, direction),
    cancelInvitation: () => network?.pairing.cancel() ?? false,
    pairing: () => network?.pairing.show() ?? { invitation: null, comparison: null },
    rename: (wanted, name) => trust.rename(wanted, name),
    unpair: (wanted) => trust.unpair(wanted),
    block: (wanted) => trust.block(wanted),
    unblock: (wanted) => trust.unblock(wanted),
    forget: (wanted) => trust.forget(wanted),
    merge: (old, young) => trust.merge(old, young),
    grant: (wanted, right) => trust.grant(wanted, right),
    ungrant: (wanted, right) => trust.ungrant(wanted, right),
    ask: async (wanted, method, params) => (await wake()).errands.ask(roster.find(wanted), method, params),
    async askBound(place, question) {
      const { askBound } = await import('./bound-call.ts')
      return askBound(place, question, { identity: identity.known(), now })
    },
    async offerTransfer(offer) {
      const { sharing, desk } = await wake()
      // Its receiver may look at it for a while, over this connection.
      await sharing.hold(offer.id, offer.waitsMs + TRANSFER.reviewMs)
      const code = desk.open(offer)
      return { code, port: sharing.port ?? 0, addresses: sharing.addresses() }
    },
    closeTransfer(id) {
      network?.desk.close(id)
      network?.sharing.release(id)
    },
    fetchByCode: async (address, code) => (await wake()).errands.fetchByCode(address, code),
    fetchFrom: async (id, transfer) => (await wake()).errands.fetchFrom(roster.find(id), transfer),
    receiverOf(wanted) {
      const { id, name, state, grantHash } = roster.find(wanted)
      if (state !== 'paired') throw new TallyError('noSuchDevice', `${JSON.stringify(name)} is not paired`)
      if (grantHash === null) {
        const why = `${name} gives its totals here and sees none, so it does not come here for anything`
        throw TallyError.saying('notGranted', why, 'send with a code, or pair it again, without --one-way')
      }
      return { id, name }
    },
    called(id) {
      const member = roster.byId(id)
      return member?.state === 'paired' ? member.name : null
    },
    async preview(wanted) {
      if (wanted !== undefined) roster.find(wanted)
      return (await wake()).outbox.answer(undefined)!
    },
    async trial(wanted) {
      const member = roster.find(wanted)
      if (identity.known().cloned) throw new TallyError('clonedIdentity')
      return (await wake()).errands.trial(member)
    },
    checks: async (thorough) => [
      ...checkDevices(list(), network?.sharing.show() ?? notShared(), identity.state, (id) =>
        others.told(id),
      ),
      ...(network?.turnedAway.checks() ?? []),
      ...((thorough ? await network?.finding.thoroughChecks() : network?.finding.checks()) ?? []),
    ],
  }
}

function shown({ fingerprint, bornAt, cloned }: Identity) {
  return { id: fingerprint, createdAt: bornAt, cloned }
}
