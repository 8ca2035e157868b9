// How the values of a secret come in: a prompt without echo, a file, or standard input; never the command line. What is wrong with
// them is said without them, and that holds for what a parser would say as well.
import { closeSync, openSync, readSync } from 'node:fs'
import { TallyError } from '../../contract/errors.ts'
import { loneField, SECRET_TYPES, type SecretType, VAULT } from '../../contract/vault-words.ts'
import { asked, askedInSecret } from '../terminal/prompt.ts'

/** What is read at most, in bytes. */
const LARGEST = 1024 * 1024
/** What the daemon takes in one request, less what else stands in it. */
const LARGEST_REQUEST = 60 * 1024
const PIECE = 64 * 1024

export type Fields = Readonly<Record<string, string>>

/** All of a file, or of standard input. Throws TallyError wrongUsage from 1 MiB + 1 on, and where it cannot be read. */
export function readInput(file: string | undefined): string {
  const from = file ?? 'standard input'
  let descriptor = 0
  try {
    if (file !== undefined) descriptor = openSync(file, 'r')
    const bytes = readAll(descriptor)
    if (bytes.length > LARGEST) throw unusable(`${from} has more than 1 MiB`)
    return bytes.toString('utf8')
  } catch (error) {
    if (error instanceof TallyError) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw unusable(`${from} cannot be read (${code})`)
  } finally {
    if (descriptor !== 0) closeSync(descriptor)
  }
}

/** One byte more than may be there tells that there is too much. */
function readAll(descriptor: number): Buffer {
  const pieces: Buffer[] = []
  for (let total = 0; total <= LARGEST; ) {
    const piece = Buffer.alloc(Math.min(PIECE, LARGEST + 1 - total))
    const read = readSync(descriptor, piece)
    if (read === 0) break
    pieces.push(piece.subarray(0, read))
    total += read
  }
  return Buffer.concat(pieces)
}

/** The fields in a text of this type: one value as it is, PEM as it is, else JSON. Throws TallyError wrongUsage. */
export function fieldsIn(text: string, type: SecretType): Fields {
  const lone = loneField(type)
  const fields =
    lone !== null
      ? { [lone]: text.replace(/\r?\n$/, '') }
      : type === 'encryption-key' && /^\s*-----BEGIN /.test(text)
        ? keysIn(text)
        : objectIn(text, type)
  return checked(fields)
}

/** Asks for each field. `isEdit`: what is left empty stays as it is. */
export async function askedFields(type: SecretType, isEdit: boolean): Promise<Fields> {
  const fields: Record<string, string> = {}
  for (const [name, { says, optional, isPublic }] of Object.entries(SECRET_TYPES[type])) {
    const may = isEdit ? ' (empty: stays as it is)' : optional === true ? ' (may be empty)' : ''
    const question = `${says}${may}`
    const isPem = name.endsWith('Pem')
    const typed =
      isPublic === true && !isPem
        ? await asked(question)
        : await askedInSecret(question, isPem ? isWholePem : undefined)
    if (typed !== '') fields[name] = typed
    else if (!isEdit && optional !== true) throw unusable(`${name} is missing`)
  }
  return checked(fields)
}

/** Nothing, or everything up to the line that ends it. */
function isWholePem(typed: string): boolean {
  return typed.trim() === '' || /-----END [A-Z0-9 ]+-----\s*$/.test(typed)
}

function keysIn(text: string): Fields {
  const blocks = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g)]
  const [privates, publics] = [
    blocks.filter(([, label = '']) => label.endsWith('PRIVATE KEY')),
    blocks.filter(([, label = '']) => !label.endsWith('PRIVATE KEY')),
  ]
  const [own, shown] = [privates[0]?.[0], publics[0]?.[0]]
  if (own === undefined || privates.length > 1 || publics.length > 1) {
    throw unusable('it must hold one private key in PEM, and at most one public key beside it')
  }
  return { privateKeyPem: `${own}\n`, ...(shown === undefined ? {} : { publicKeyPem: `${shown}\n` }) }
}

function objectIn(text: string, type: SecretType): Fields {
  const known = Object.keys(SECRET_TYPES[type])
  const form = `one JSON object with ${known.join(', ')}`
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw unusable(`it is not JSON; give ${form}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unusable(`give ${form}`)
  const fields = Object.entries(value)
  if (fields.some(([name]) => !known.includes(name)))
    throw unusable(`it has a key that is not known; give ${form}`)
  const odd = fields.find(([, each]) => typeof each !== 'string')
  if (odd !== undefined) throw unusable(`${odd[0]} must be a string`)
  return Object.fromEntries(fields) as Fields
}

function checked(fields: Fields): Fields {
  for (const [name, value] of Object.entries(fields)) {
    if (value === '') throw unusable(`${name} is empty`)
    if ([...value].length > VAULT.fieldLength) {
      throw unusable(`${name} has more than ${VAULT.fieldLength.toLocaleString('en-US')} characters`)
    }
  }
  if (Buffer.byteLength(JSON.stringify(fields)) > LARGEST_REQUEST)
    throw unusable('all of it has more than 60 KiB')
  return fields
}

function unusable(why: string): TallyError {
  return new TallyError('wrongUsage', why, 'nothing was kept; see tallyctl secrets add --help')
}
