/** The incident's latest records: a handful from the journal, replaced as a whole, asked for at most every few seconds. */
import type { Api, JournalItem } from '@fenghuo/client/api'
import { onScopeDispose, shallowRef, watch } from 'vue'
import type { OpenIncident } from './wall-picture'

export const LATEST = 5
const PAUSE_MS = 3000

export function useLatest(api: Api, incident: () => OpenIncident | null, changed: () => unknown) {
  const items = shallowRef<readonly JournalItem[]>([])
  let asking = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined

  watch(() => incident()?.key, () => {
    items.value = []
    void load()
  }, { immediate: true })
  watch(changed, () => {
    timer ??= setTimeout(() => {
      timer = undefined
      void load()
    }, PAUSE_MS)
  })
  onScopeDispose(() => (asking.abort(), clearTimeout(timer)))

  async function load(): Promise<void> {
    const now = incident()
    asking.abort()
    asking = new AbortController()
    const { signal } = asking
    if (now === null) return
    try {
      items.value = (await api.journal({ incident: now.id, status: now.world, limit: LATEST }, signal)).items
    } catch (error) {
      if (!signal.aborted) console.warn('journal', error) // the next change asks again
    }
  }
  return items
}
