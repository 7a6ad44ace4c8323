/** A form's draft: every change is kept on the device, so that a call, a dead battery or a closed page loses nothing. */
import { reactive, toRaw, watch } from 'vue'
import type { KeptAnswers } from './keeping'

export async function useDraft<Draft extends object>(answers: KeptAnswers, name: string, empty: () => Draft) {
  const draft = reactive({ ...empty(), ...(await answers.get<Partial<Draft>>(`draft|${name}`)) }) as Draft
  watch(draft, () => void answers.put(`draft|${name}`, JSON.parse(JSON.stringify(toRaw(draft)))), { deep: true })
  return {
    draft,
    clear: (): void => void Object.assign(draft, empty()),
  }
}
