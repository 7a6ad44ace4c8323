/** Registers the worker that opens this page without network, and hears when a newer one has taken over. */
import { ref } from 'vue'

export function useServiceWorker() {
  const updated = ref(false)
  // Browsers offer it on HTTPS and on this machine's own address only.
  const possible = 'serviceWorker' in navigator
  if (possible && import.meta.env.PROD) {
    const first = navigator.serviceWorker.controller === null
    let known = !first
    navigator.serviceWorker.addEventListener('controllerchange', () => {
      if (known) updated.value = true
      known = true
    })
    navigator.serviceWorker.register('/report-worker.js', { scope: '/report' }).catch((error: unknown) => console.warn('service worker', error))
  }
  return { possible, updated, update: () => location.reload() }
}
