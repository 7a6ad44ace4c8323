/**
 * The service worker of /report: every file of the page is on the device before it says that it is installed. The
 * build (build/report-worker.ts) puts the list of files in and emits it as /report-worker.js.
 */
declare const FILES: readonly string[]
declare const VERSION: string

interface WorkerScope {
  addEventListener(name: 'install' | 'activate', listener: (event: { waitUntil(work: Promise<unknown>): void }) => void): void
  addEventListener(name: 'fetch', listener: (event: { request: Request; respondWith(answer: Promise<Response>): void }) => void): void
  skipWaiting(): Promise<void>
  clients: { claim(): Promise<void> }
}
const scope = self as unknown as WorkerScope
const PREFIX = 'fenghuo-report-'
const PAGE = '/report.html'

scope.addEventListener('install', (event) => event.waitUntil(install()))
scope.addEventListener('activate', (event) => event.waitUntil(activate()))
scope.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== location.origin) return
  const path = request.mode === 'navigate' && url.pathname === '/report' ? PAGE : url.pathname
  if (FILES.includes(path)) event.respondWith(kept(path, request))
})

async function install(): Promise<void> {
  const cache = await caches.open(PREFIX + VERSION)
  // Past the HTTP cache: an old page with new names in it would never load.
  await cache.addAll(FILES.map((path) => new Request(path, { cache: 'reload' })))
  await scope.skipWaiting()
}

async function activate(): Promise<void> {
  for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== PREFIX + VERSION) await caches.delete(name)
  await scope.clients.claim()
}

/** From the device: as quick without network as with it. What the browser has thrown away is fetched. */
async function kept(path: string, request: Request): Promise<Response> {
  const cache = await caches.open(PREFIX + VERSION)
  return (await cache.match(path)) ?? fetch(request)
}

export {}
