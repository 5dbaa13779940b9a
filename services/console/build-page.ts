// Builds the page: node services/console/build-page.ts. The service does it by itself where the page is missing or stale.
import { copyFileSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { pageDir, sourcesDigest, stampFile } from './src/page-files.ts'

const servicesDir = join(import.meta.dirname, '..')

/** Writes `web/dist`: hashed files, each also compressed. Two builds at once do not meet. */
async function buildPage(): Promise<void> {
  const digest = sourcesDigest()
  const work = `${pageDir}.${process.pid}`
  await build({
    root: join(import.meta.dirname, 'web'),
    configFile: false,
    logLevel: 'error',
    publicDir: 'public',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir: work,
      emptyOutDir: true,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false
    }
  })
  for (const file of globSync('**/*.{js,css,html,svg}', { cwd: work })) {
    writeFileSync(join(work, `${file}.gz`), gzipSync(readFileSync(join(work, file)), { level: 9 }))
  }
  // Each box of the picture links to what its README says.
  mkdirSync(join(work, 'readme'))
  for (const file of globSync('*/README.md', { cwd: servicesDir })) {
    copyFileSync(join(servicesDir, file), join(work, 'readme', `${basename(dirname(file))}.md`))
  }
  writeFileSync(join(work, 'built-from'), digest)
  rmSync(pageDir, { recursive: true, force: true })
  renameSync(work, pageDir)
}

if (import.meta.main) {
  await buildPage()
  console.log(`built ${stampFile}`)
}
