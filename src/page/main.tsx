// The page: draws what is shown, once a frame at most.
import { render } from 'preact'
import { Page } from './page.ts'
import { App } from './views/app.tsx'

const root = document.getElementById('page')
if (root !== null) show(root)

function show(root: HTMLElement): void {
  let drawn = false
  const page: Page = new Page(() => {
    if (drawn) return
    drawn = true
    queueMicrotask(draw)
  })
  function draw() {
    drawn = false
    render(<App shown={page.shown} actions={page} />, root)
  }
  draw()
}
