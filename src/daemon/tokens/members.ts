// Who tokens belong to, as functions of the document: they are asked inside its changes, so that two of them at once cannot both
// find that a name is free.
import { TallyError } from '../../contract/errors.ts'
import { printable } from '../../contract/printable.ts'
import { MEMBERS_CAP, newId, type StoredMember, type TokenData } from './token-data.ts'

/** One line of printable characters, one space between words; empty where nothing is left. */
export function cleaned(given: string): string {
  // Halves of a pair are no characters; what looks the same is the same name.
  const whole = /^[\x20-\x7e]*$/.test(given) ? given : given.replaceAll(/\p{Cs}/gu, ' ').normalize('NFC')
  return printable(whole, ' ').replaceAll(/\s+/g, ' ').trim()
}

/** Throws TallyError invalidParams where nothing is left. */
export function cleanName(given: string): string {
  const name = cleaned(given)
  if (name === '') throw new TallyError('invalidParams', `${quoted(given)} is no name`)
  return name
}

/** For a sentence. */
export function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 64))
}

/** Undefined where nobody is called so. */
export function memberNamed(data: TokenData, name: string): StoredMember | undefined {
  return data.members.find((each) => each.name === cleaned(name))
}

/** Throws TallyError noSuchMember. */
export function knownMember(data: TokenData, name: string): StoredMember {
  const member = memberNamed(data, name)
  if (member === undefined) throw new TallyError('noSuchMember', quoted(name))
  return member
}

/** The name of the member with that id; empty where there is none. */
export function nameOf(data: TokenData, id: string): string {
  return data.members.find((each) => each.id === id)?.name ?? ''
}

/** Throws TallyError memberExists, invalidParams or tooMany. */
export function withMember(
  data: TokenData,
  given: string,
  createdAt: string,
): readonly [TokenData, StoredMember] {
  const name = cleanName(given)
  refuseTaken(data, name)
  if (data.members.length >= MEMBERS_CAP) {
    throw new TallyError('tooMany', `${MEMBERS_CAP} members`, 'remove some: tallyctl members')
  }
  const member: StoredMember = { id: newId(data.members), name, createdAt }
  return [{ ...data, members: [...data.members, member] }, member]
}

/** Throws TallyError noSuchMember, memberExists or invalidParams. */
export function withRenamed(
  data: TokenData,
  old: string,
  given: string,
): readonly [TokenData, { readonly before: StoredMember; readonly after: StoredMember }] {
  const before = knownMember(data, old)
  const after = { ...before, name: cleanName(given) }
  if (after.name !== before.name) refuseTaken(data, after.name)
  const members = data.members.map((each) => (each.id === before.id ? after : each))
  return [
    { ...data, members },
    { before, after },
  ]
}

/** Without the member and every token of it. */
export function withoutMember(data: TokenData, { id }: StoredMember): TokenData {
  return {
    members: data.members.filter((each) => each.id !== id),
    tokens: data.tokens.filter(({ member }) => member !== id),
  }
}

function refuseTaken(data: TokenData, name: string): void {
  if (memberNamed(data, name) !== undefined) throw new TallyError('memberExists', quoted(name))
}
