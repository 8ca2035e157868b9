// The table of what each identity mode shows, for docs/snapshot.md.

const ACCOUNTS = [
  ['`ann@firm.example`, plan `pro`', { email: 'ann@firm.example', plan: 'pro' }],
  ['`ann@gmail.com`, plan not known', { email: 'ann@gmail.com', plan: null }],
  ['mail address not known, plan `max`', { email: null, plan: 'max' }],
  ['nothing is read', { email: null, plan: null }],
]

/** One row an account, one column a mode. */
export function identityTable(modes, identityShown) {
  const rows = ACCOUNTS.map(([says, account]) => [
    says,
    ...modes.map((mode) => cell(identityShown(account, mode))),
  ])
  return [
    `| signed in as | ${modes.map((mode) => `\`${mode}\``).join(' | ')} |`,
    `|${'---|'.repeat(modes.length + 1)}`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ].join('\n')
}

function cell(shown) {
  if (shown === null) return '`null`'
  const { accountEmail, plan } = shown
  return `\`{"accountEmail": ${JSON.stringify(accountEmail)}, "plan": ${JSON.stringify(plan)}}\``
}

const [BEGIN, END] = ['<!-- begin: made by npm run generate -->', '<!-- end -->']

/** `text` with what stands between the marks replaced. Throws where they are not there. */
export function withPart(text, part) {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error('docs/snapshot.md has lost its marks')
  return `${text.slice(0, begin + BEGIN.length)}\n${part}\n${text.slice(end)}`
}
