// The fields that decide what a token is: whose it is, what it may do, what it is called, when it ends. For approving an
// enrolment and for making a token alike.
import { useState } from 'preact/hooks'
import { IDENTITY_MODE_NAMES, IDENTITY_MODES, USUAL_IDENTITY } from '../../contract/identity-modes.ts'
import type { MemberRow } from '../../contract/tokens.ts'
import { LIFETIMES, offered, scopeSays } from '../words/scopes.ts'
import { clean } from '../words/text.ts'
import { useOwnId } from './use.ts'

interface GrantFieldsProps {
  readonly members: readonly MemberRow[]
  /** What a new member would be called. */
  readonly name: string
  readonly scopes: readonly string[]
  readonly label: string
}

/** What the fields say, as parameters of a method. */
export interface Grant {
  readonly member: string
  readonly isNew: boolean
  readonly scopes: string[]
  /** Undefined where it was left empty. */
  readonly label: string | undefined
  /** Seconds; undefined for none. */
  readonly expiresIn: number | undefined
  readonly identity: string
}

const LONGEST = 64

export function GrantFields({ members, name, scopes, label }: GrantFieldsProps) {
  const id = useOwnId()
  // Always someone new at first: what a client claims to be must not choose whose token it gets.
  const [isNew, setNew] = useState(true)
  const isTaken = members.some((member) => member.name === name)
  return (
    <>
      <fieldset>
        <legend>whose token it will be</legend>
        {members.length > 0 && (
          <div class="choices">
            <label>
              <input type="radio" name="whose" value="new" checked={isNew} onChange={() => setNew(true)} />
              someone new
            </label>
            <label>
              <input
                type="radio"
                name="whose"
                value="known"
                checked={!isNew}
                onChange={() => setNew(false)}
              />
              a member
            </label>
          </div>
        )}
        {isNew ? (
          <input
            name="newMember"
            aria-label="name of the new member"
            required
            maxLength={LONGEST}
            autoComplete="off"
            defaultValue={isTaken ? '' : name}
          />
        ) : (
          <select name="member" aria-label="member">
            {members.map((member) => (
              <option key={member.name} value={member.name}>
                {clean(member.name)}
              </option>
            ))}
          </select>
        )}
      </fieldset>
      <fieldset class="may">
        <legend>what it may do</legend>
        {offered(scopes).map((scope) => (
          <label key={scope} class="scope">
            <input type="checkbox" name="scope" value={scope} defaultChecked={scopes.includes(scope)} />
            <span>
              {scopeSays(scope)} <code>{scope}</code>
            </span>
          </label>
        ))}
      </fieldset>
      <div class="field">
        <label for={`${id}-identity`}>sees whose it is</label>
        <select id={`${id}-identity`} name="identity">
          {IDENTITY_MODE_NAMES.map((mode) => (
            <option key={mode} value={mode} selected={mode === USUAL_IDENTITY}>
              {mode}: {IDENTITY_MODES[mode].says}
            </option>
          ))}
        </select>
      </div>
      <div class="pair">
        <div class="field">
          <label for={`${id}-label`}>label</label>
          <input
            id={`${id}-label`}
            name="label"
            maxLength={LONGEST}
            autoComplete="off"
            defaultValue={label}
          />
        </div>
        <div class="field">
          <label for={`${id}-expires`}>expires</label>
          <select id={`${id}-expires`} name="expires">
            {LIFETIMES.map(({ seconds, says }) => (
              <option key={seconds} value={String(seconds)}>
                {says}
              </option>
            ))}
          </select>
        </div>
      </div>
    </>
  )
}

export function grantIn(form: HTMLFormElement): Grant {
  const data = new FormData(form)
  const text = (name: string): string => String(data.get(name) ?? '').trim()
  const seconds = Number(text('expires'))
  const isNew = data.has('newMember')
  return {
    // A name is sent as it is known, spaces and all.
    member: isNew ? text('newMember') : String(data.get('member') ?? ''),
    isNew,
    scopes: data.getAll('scope').map(String),
    label: text('label') === '' ? undefined : text('label'),
    expiresIn: seconds > 0 ? seconds : undefined,
    identity: text('identity'),
  }
}
