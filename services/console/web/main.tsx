import { render } from 'preact'
import { App } from './app.tsx'
import { startLive } from './live.ts'
import { followLinks } from './router.ts'

followLinks()
startLive()
render(<App />, document.getElementById('app')!)
