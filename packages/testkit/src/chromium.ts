import { existsSync } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'
import type { Say } from './native/paths.ts'
import { installSystemPackage } from './native/system-packages.ts'

export type { Browser, Page } from 'playwright-core'

const paths = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable'
]

/** Starts the system's Chromium without a screen; installs it first where it is missing and that is possible. */
export async function openChromium(say: Say = () => undefined): Promise<Browser> {
  if (!paths.some(existsSync)) await installSystemPackage('Chromium', ['chromium', 'chromium-browser'], say)
  const executablePath = paths.find(existsSync)
  if (executablePath === undefined) throw new Error(`Chromium was installed, but is at none of ${paths.join(', ')}`)
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] })
}
