import t from 'tap'
import { ROOT } from '../harness/daemon.ts'
import { box, reasonForNoBox } from './box.ts'

t.test('x', { skip: reasonForNoBox() ?? false }, async (t) => {
  const b = await box(t)
  const show = (label: string, r: unknown) => console.error(label, r)
  show('id', b.asUser(['bash', '-c', 'id; pwd; echo $HOME; systemctl --user is-system-running']))
  const ctl = `${ROOT}/dist/ctl/main.js`
  show('status', b.asUser(['node', ctl, 'service']))
  show('install', b.asUser(['node', ctl, 'service', 'install', '--yes', '--json']))
  show('unit', b.asUser(['cat', `.config/systemd/user/tallyd.service`]).out.slice(0, 900))
  show('status', b.asUser(['node', ctl, 'service']))
  show('logs', b.asUser(['node', ctl, 'service', 'logs']))
  show('rootlogs', b.asRoot('journalctl -b --no-pager | tail -40').out)
  show('jl', b.asRoot('ls -la /var/log/journal/*').out)
  show('doctor', b.asUser(['node', ctl, 'doctor']))
  show('un', b.asUser(['node', ctl, 'service', 'uninstall', '--yes']))
  show('find', b.asRoot('find /home').out)
})
