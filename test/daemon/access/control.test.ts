// What the control socket of a real daemon says about enrolments while none is open.
import t from 'tap'
import { ERRORS } from '../../../src/contract/errors.ts'
import { daemon, until } from '../../harness/daemon.ts'

t.test('a real daemon answers: no such code, no such link, and the owner is never paused', async (t) => {
  const { call } = await daemon(t)
  t.same(await call('requests.list'), { requests: [] })
  const yes = { code: 'WDJB-MJHT', newMember: 'kitchen' }
  for (let at = 0; at < 10; at++)
    await t.rejects(call('requests.approve', yes), { message: new RegExp(ERRORS.noSuchCode.says) })
  await t.rejects(call('requests.deny', { code: 'x' }), { message: new RegExp(ERRORS.noSuchCode.says) })
  await t.rejects(call('requests.open', { link: 'x'.repeat(43) }), {
    message: new RegExp(ERRORS.noSuchRequest.says),
  })
  await t.rejects(call('requests.approve', { code: 'WDJB-MJHT' }), {
    message: new RegExp(ERRORS.needsMember.says),
  })
  const recorded = async () => {
    const { entries } = await call('audit.list', {})
    return entries.some(({ what, detail }) => what === 'wrongUserCode' && detail === 'by owner')
  }
  await until(recorded, 'it is in the audit log')
  t.notMatch(JSON.stringify(await call('audit.list', {})), /WDJB/, 'without what was typed')
})
