// members.* and tokens.*: narrow keys, and who they belong to.
import { TallyError } from '../../contract/errors.ts'
import {
  type IdentityMode,
  isIdentityMode,
  lesserIdentity,
  USUAL_IDENTITY,
} from '../../contract/identity-modes.ts'
import { isScope, mayGrant, type Scope } from '../../contract/scope-words.ts'
import { askerWords, identityOf, isOwners } from './askers.ts'
import type { AskerIdentity, HandlersOf } from './handlers.ts'
import type { Parts } from './parts.ts'

export function tokensHandlers({ tokens }: Parts): HandlersOf<'members' | 'tokens'> {
  return {
    'members.list': async () => ({ members: (await tokens()).members() }),
    'members.add': async ({ name }, { asker }) => ({
      added: await (await tokens()).addMember(name, askerWords(asker)),
    }),
    'members.rename': async ({ member, name }, { asker }) => ({
      renamed: await (await tokens()).renameMember(member, name, askerWords(asker)),
    }),
    'members.remove': async ({ member, force }, { asker }) => ({
      removed: await (await tokens()).removeMember(member, {
        by: askerWords(asker),
        force: force === true,
      }),
    }),
    'tokens.list': async (_, { asker }) => {
      const all = await tokens()
      const own = ownOf(asker)
      return { tokens: own === undefined ? all.list() : all.listBeside(own) }
    },
    'tokens.create': async ({ member, scopes, label, expiresIn, identity }, { asker }) => ({
      token: await (await tokens()).create({
        member,
        exists: 'either',
        scopes: granted(asker, scopes),
        identity: grantedIdentity(asker, modeIn(identity)),
        label,
        expiresIn,
        origin: 'created',
        device: null,
        by: askerWords(asker),
      }),
    }),
    'tokens.revoke': async ({ id, force }, { asker }) => {
      const beside = ownOf(asker)
      const limits = {
        by: askerWords(asker),
        force: force === true,
        ...(beside === undefined ? {} : { beside }),
      }
      return { revoked: await (await tokens()).revoke(id, limits) }
    },
    'tokens.rotate': async ({ member, scopes, label, expiresIn, identity, force }, { asker }) =>
      (await tokens()).rotate(member, {
        scopes: scopes?.filter(isScope),
        identity: identity === undefined ? undefined : modeIn(identity),
        label,
        expiresIn,
        by: askerWords(asker),
        force: force === true,
        allows(wanted, mode) {
          granted(asker, wanted)
          grantedIdentity(asker, mode)
        },
      }),
  }
}

/**
 * Id of the token whose member's tokens are all that the asker may see and end; undefined where it may all. Not the member's
 * name: that may be another one's by now.
 */
function ownOf(asker: AskerIdentity): string | undefined {
  return asker.kind === 'token' && !asker.scopes.includes('admin') ? asker.id : undefined
}

/** Throws TallyError scopeTooWide where the asker is not the owner and may not grant all of these. */
function granted(asker: AskerIdentity, wanted: readonly string[]): Scope[] {
  const scopes = wanted.filter(isScope)
  if (isOwners(asker)) return scopes
  const tooWide = scopes.find((scope) => !mayGrant(asker.scopes, scope))
  if (tooWide !== undefined) throw new TallyError('scopeTooWide', tooWide)
  return scopes
}

/** What the contract lets through is one of them. */
function modeIn(word: string | undefined): IdentityMode {
  return word !== undefined && isIdentityMode(word) ? word : USUAL_IDENTITY
}

/** Throws TallyError scopeTooWide where the asker is not the owner and is shown less itself. */
function grantedIdentity(asker: AskerIdentity, wanted: IdentityMode): IdentityMode {
  if (lesserIdentity(identityOf(asker), wanted) !== wanted)
    throw new TallyError('scopeTooWide', `identity ${wanted}`)
  return wanted
}
