/** Builds the service worker of /report: knows which files the page needs, and that only a change of them is a new version. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { transformWithOxc, type Plugin, type Rolldown } from 'vite'

const SOURCE = new URL('../src/pages/report/worker/report-worker.ts', import.meta.url)
const PUBLIC = ['/beacon.svg', '/report.webmanifest']
const PAGE = 'report.html'

export function reportWorker(): Plugin {
  return {
    name: 'fenghuo:report-worker',
    apply: 'build',
    enforce: 'post',
    async generateBundle(_, bundle) {
      const page = bundle[PAGE]
      if (page === undefined) return
      const assets = assetsOf(bundle)
      const digest = createHash('sha256')
      for (const name of [PAGE, ...assets]) digest.update(`${name}\0`).update(contentOf(bundle[name]!))
      for (const path of PUBLIC) digest.update(readFileSync(new URL(`../public${path}`, import.meta.url)))
      const files = [`/${PAGE}`, ...assets.map((name) => `/${name}`), ...PUBLIC]
      const { code } = await transformWithOxc(readFileSync(SOURCE, 'utf8'), 'report-worker.ts')
      const source = `const FILES = ${JSON.stringify(files)}, VERSION = ${JSON.stringify(digest.digest('hex').slice(0, 16))};\n${code.replace('export {};', '')}`
      this.emitFile({ type: 'asset', fileName: 'report-worker.js', source })
    },
  }
}

/** Scripts and styles that the page's entry reaches, however deep. */
function assetsOf(bundle: Rolldown.OutputBundle): string[] {
  const entry = Object.values(bundle).find((output) => output.type === 'chunk' && output.isEntry && output.facadeModuleId?.endsWith(`/${PAGE}`))
  const found = new Set<string>()
  const visit = (name: string): void => {
    const output = bundle[name]
    if (found.has(name) || output?.type !== 'chunk') return
    found.add(name)
    const styles = (output as { viteMetadata?: { importedCss: Set<string> } }).viteMetadata?.importedCss ?? []
    for (const style of styles) found.add(style)
    for (const next of [...output.imports, ...output.dynamicImports]) visit(next)
  }
  if (entry) visit(entry.fileName)
  return [...found].sort()
}

function contentOf(output: Rolldown.OutputAsset | Rolldown.OutputChunk): string | Uint8Array {
  return output.type === 'chunk' ? output.code : output.source
}
