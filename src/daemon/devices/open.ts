// Builds the devices part from its pieces and keeps them in step: who is paired decides who is let in and who is asked.
import type { Config } from '../../contract/config.ts'
import { TallyError } from '../../contract/errors.ts'
import type { Paired } from '../../contract/pairing.ts'
import type { Paths, Surroundings } from '../../contract/paths.ts'
import type { Bus } from '../bus.ts'
import {
  adoptIdentity,
  type Identity,
  type IdentityContext,
  openIdentity,
  renewIdentity,
} from '../identity/identity.ts'
import { machineIdOf } from '../identity/machine.ts'
import type { Requests } from '../requests/requests.ts'
import type { Audit } from '../store/audit.ts'
import { type Incidents, quarantined } from '../store/incidents.ts'
import type { Log } from '../store/log.ts'
import type { Totals } from '../tallies/totals.ts'
import { hashOf } from '../tokens/token.ts'
import type { Settled } from './ceremonies.ts'
import { checkDevices } from './checks.ts'
import { openCopies } from './copies.ts'
import type { DeviceFacts, Devices } from './devices.ts'
import type { Door, OpenListener } from './door.ts'
import { Finding } from './finding.ts'
import { Histories } from './histories.ts'
import { Knocks } from './knock.ts'
import { Links } from './links.ts'
import { Notices } from './notices.ts'
import { Nudges } from './nudges.ts'
import { createOutbox } from './outbox.ts'
import { leaveMark, takeMark } from './outbox-mark.ts'
import { ownName } from './own-name.ts'
import { Pairing } from './pairing.ts'
import { openRoster } from './roster.ts'
import { Sharing } from './sharing.ts'
import type { Peer } from './tls.ts'

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
  /** Whether they hold all that the logs told when the daemon started. */
  readonly isComplete: () => boolean
  readonly timeZone: () => string
  readonly openListener: OpenListener
  readonly requests: Requests
  /** Unix milliseconds. */
  readonly now: () => number
}

/** Opens it; where the identity cannot be read everything but counting says so, until the owner decides. */
export async function openDevices(context: DevicesContext): Promise<Devices> {
  const { paths, surroundings, config, bus, incidents, audit, now } = context
  const identities: IdentityContext = { paths, now, machineId: machineIdOf(surroundings.platform) }
  let identity: Identity | TallyError = await openIdentity(identities).catch(asTallyError)
  const roster = await openRoster(paths.devices, (quarantine) => incidents.record(quarantined(quarantine)))
  const copies = openCopies({ paths, incidents, log: context.log })
  const histories = new Histories({ roster, copies })

  const own = () => roster.data.ownName ?? ownName(config)
  const mark = await takeMark(paths.outbox)
  const outbox = createOutbox({
    totals: context.totals,
    name: own,
    timeZone: context.timeZone,
    program: context.version,
    mark,
  })
  // The totals are still those of the last stop: they show whether others know them.
  if (mark !== null) outbox.refresh()
  const nudges = new Nudges({ outbox, isComplete: context.isComplete })
  const known = (): Identity => {
    if (identity instanceof TallyError) throw identity
    return identity
  }
  const changed = () => {
    void finding.settle()
    bus.emit('statusChanged')
  }
  const at = () => new Date(now()).toISOString()

  const sharing = new Sharing({
    roster,
    port: config.lan?.port,
    address: config.lan?.address,
    open: context.openListener,
    now,
    changed,
    door: () => {
      const mine = known()
      if (mine.cloned) throw new TallyError('clonedIdentity', paths.identity)
      return { ...door, identity: mine }
    },
  })
  const finding = new Finding({
    config,
    roster,
    log: context.log,
    now,
    fingerprint: () => (identity instanceof TallyError || identity.cloned ? null : identity.fingerprint),
    port: () => sharing.port,
    isInviting: () => pairing.show().invitation?.state === 'waiting',
    ownName: own,
    moved: (id) => links.moved(id),
    changed: () => undefined,
  })
  const links = new Links({
    roster,
    copies,
    found: (id) => finding.addressesOf(id),
    now,
    changed,
    told: (id, answer) => {
      histories.told(id, answer)
      bus.emit('usageChanged')
    },
    pinFailed: (id) => audit.record('pinFailed', subjectOf(id)),
    unpaired: (id) => void endTrust(id, false),
  })
  const knocks = new Knocks(() => roster.paired)
  const notices = new Notices({ roster, identity: known, now })
  const pairing = new Pairing({
    identity: known,
    sharing,
    requests: context.requests,
    ownName: own,
    now,
    admit,
    addressOf: (word) =>
      finding.called(word) ?? roster.members.find(({ name }) => name === word)?.address ?? null,
    mayPair: (id) => {
      if (roster.standing(id) === 'blocked') throw new TallyError('deviceBlocked', id.slice(0, 8))
    },
    record: audit.record.bind(audit),
    changed: () => {
      void finding.settle()
      bus.emit('pairingChanged')
    },
  })
  const door: Omit<Door, 'identity'> = {
    now,
    knocker: (serverName) => knocks.whose(serverName),
    standing: (id) => roster.standing(id),
    admit: ({ fingerprint }, token) => {
      const member = roster.authenticated(fingerprint, token)
      if (member !== undefined) links.wake(member.id)
      return member?.id ?? null
    },
    usage: (_id, since) => (context.isComplete() ? outbox.answer(since) : 'notYet'),
    watch: (_id, tell) => nudges.listen(tell),
    async unpaired({ fingerprint }) {
      const wasPaired = roster.byId(fingerprint)?.state === 'paired'
      if (wasPaired) await endTrust(fingerprint, false)
      return wasPaired
    },
    ceremony: (peer, line) => void pairing.answer(peer, line),
    onRefused: (why, { host, id }) =>
      audit.record('refused', { ...(id === undefined ? {} : subjectOf(id)), address: host }, why),
  }

  async function admit(
    peer: Peer,
    { flow, issued, token, claimedName }: Settled,
    address: string | null,
  ): Promise<Paired> {
    const { fingerprint: id, certificatePem } = peer
    const direction = flow.reads && flow.gives ? 'mutual' : flow.reads ? 'read' : 'give'
    const grantHash = issued === null ? null : hashOf(issued)
    const member = { id, certificatePem, direction, pairedAt: at(), address, token, grantHash } as const
    links.drop(id)
    const wasMerged = roster.merged.some((each) => each.id === id)
    const { name } = await roster.admit(member, claimedName, own())
    audit.record('paired', { id, name, address }, direction)
    // It tells its history itself again, whole: what was left after the merging is not what it has.
    if (wasMerged && token !== null) await copies.remove(id)
    await settled()
    return { id, name }
  }

  /** Revokes at once; the history stays. */
  async function endTrust(id: string, owesNotice: boolean): Promise<void> {
    await roster.unpair(id, at(), owesNotice)
    audit.record(owesNotice ? 'unpaired' : 'unpairedThere', subjectOf(id))
    await parted(id)
  }

  /** No connection of it stays. */
  async function parted(id: string): Promise<void> {
    sharing.cut(id)
    links.drop(id)
    await settled()
  }

  function subjectOf(id: string) {
    return { id, name: roster.byId(id)?.name ?? null }
  }

  /** After every change of who is trusted. */
  async function settled(): Promise<void> {
    await sharing.settle()
    if (!(identity instanceof TallyError)) await links.settle(identity)
    notices.settle()
    changed()
    bus.emit('usageChanged')
  }

  function selfFacts(): DeviceFacts {
    const id = identity instanceof TallyError ? null : identity.fingerprint
    return {
      id,
      name: own(),
      self: true,
      state: 'self',
      direction: null,
      freshness: 'live',
      asOf: null,
      problem: null,
      address: null,
    }
  }

  /** A new or adopted identity: everything that was opened with the old one is opened again. */
  async function take(fresh: Identity): Promise<void> {
    identity = fresh
    links.stop()
    await sharing.reopen()
    await settled()
  }

  bus.on('usageChanged', nudges.changed)
  await histories.load()

  const devices: Devices = {
    async start() {
      await settled()
    },
    async stop() {
      bus.off('usageChanged', nudges.changed)
      nudges.stop()
      // First: others are to hear of it while the rest is being closed.
      const goodbye = finding.stop()
      pairing.stop()
      notices.stop()
      links.stop()
      await goodbye
      await sharing.stop()
      const left = context.isComplete() ? outbox.mark() : null
      if (left !== null) await leaveMark(paths.outbox, left)
      await copies.close()
    },
    self: selfFacts,
    list: () => [selfFacts(), ...roster.members.map((member) => links.factsOf(member))],
    remotes: () =>
      roster.members.flatMap((member) => {
        const facts = links.factsOf(member)
        return histories.of(member).map((totals) => ({ facts, totals }))
      }),
    identity: () => shown(known()),
    async adoptIdentity() {
      await take(await adoptIdentity(identities))
      audit.record('identityAdopted', { id: known().fingerprint, name: own() })
      return shown(known())
    },
    async renewIdentity() {
      const { identity: fresh } = await renewIdentity(identities)
      for (const { id } of roster.paired) await roster.unpair(id, at(), false)
      await take(fresh)
      audit.record('identityRenewed', { id: fresh.fingerprint, name: own() })
      return shown(fresh)
    },
    found: () => finding.found(),
    look: () => finding.look(),
    sharing: () => sharing.show(),
    async share(mode, seconds) {
      if ((mode === 'window') !== (seconds !== undefined)) {
        throw new TallyError('invalidParams', 'seconds go with a window, and only with it')
      }
      if (mode === 'off') pairing.cancel()
      if (mode === 'window') await sharing.window(seconds! * 1000)
      else await sharing.set(mode)
      audit.record('sharingChanged', {}, seconds === undefined ? mode : `open for ${seconds} s`)
      changed()
      return sharing.show()
    },
    invite: (direction) => pairing.invite(direction),
    join: (address, code, direction) => pairing.join(address, code, direction),
    compare: (address, direction) => pairing.compare(address, direction),
    cancelInvitation: () => pairing.cancel(),
    pairing: () => pairing.show(),
    async rename(wanted, name) {
      const isSelf = wanted === 'self' || wanted === own()
      if (isSelf && config.device?.name !== undefined) throw new TallyError('setByConfig', 'device.name')
      const before = isSelf ? own() : roster.find(wanted).name
      const id = isSelf ? null : roster.find(wanted).id
      const given = await roster.rename(id, name, own())
      audit.record('renamed', { id: id ?? selfFacts().id, name: given }, `was ${before}`)
      if (isSelf) nudges.changed()
      changed()
      bus.emit('usageChanged')
      return { id: id ?? selfFacts().id, name: given }
    },
    async unpair(wanted) {
      const { id, name, state } = roster.find(wanted)
      if (state === 'paired') await endTrust(id, true)
      return { id, name }
    },
    async block(wanted) {
      const { id, name } = roster.find(wanted)
      await roster.block(id, at())
      audit.record('blocked', { id, name })
      await parted(id)
      return { id, name }
    },
    async unblock(wanted) {
      const unblocked = await roster.unblock(wanted)
      if (unblocked === null) {
        const { id, name } = roster.find(wanted)
        return { id, name }
      }
      audit.record('unblocked', unblocked)
      await settled()
      return unblocked
    },
    async forget(wanted) {
      const { id, name } = roster.find(wanted)
      const gone = await roster.forget(id, at())
      audit.record('forgotten', { id, name })
      links.drop(id)
      for (const each of gone) await copies.remove(each)
      await parted(id)
      return { id, name }
    },
    async merge(old, young) {
      const [from, into] = [roster.find(old), roster.find(young)]
      if (from.id === into.id)
        throw new TallyError('invalidParams', 'a device cannot be merged into itself', 'name two devices')
      links.drop(from.id)
      await histories.merge(from.id, into.id, at())
      audit.record('merged', { id: from.id, name: from.name }, `into ${into.name}`)
      await parted(from.id)
      return { from: { id: from.id, name: from.name }, into: { id: into.id, name: into.name } }
    },
    preview(wanted) {
      if (wanted !== undefined) roster.find(wanted)
      return outbox.answer(undefined)!
    },
    checks: async () => [...checkDevices(devices.list(), sharing.show(), identity), ...finding.checks()],
  }
  return devices
}

function shown({ fingerprint, bornAt, cloned }: Identity) {
  return { id: fingerprint, createdAt: bornAt, cloned }
}

function asTallyError(error: unknown): TallyError {
  if (error instanceof TallyError) return error
  throw error
}
