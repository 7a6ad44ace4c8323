/** The forms' drafts: every change is kept on the device, so that a call, a dead battery or a closed page loses nothing. */
import { reactive, toRaw, watch } from 'vue'
import { emptyCorrection, emptyHeadcount, emptyLoss, emptyZero } from '../forms/drafts'
import type { KeptAnswers } from './keeping'

export interface Draft<Fields> {
  readonly fields: Fields
  clear(): void
}

export async function loadDrafts(answers: KeptAnswers) {
  const [loss, zero, headcount, correction] = await Promise.all([
    loadDraft(answers, 'loss', emptyLoss),
    loadDraft(answers, 'zero', emptyZero),
    loadDraft(answers, 'headcount', emptyHeadcount),
    loadDraft(answers, 'correction', emptyCorrection),
  ])
  return { loss, zero, headcount, correction }
}

export type Drafts = Awaited<ReturnType<typeof loadDrafts>>

async function loadDraft<Fields extends object>(answers: KeptAnswers, name: string, empty: () => Fields): Promise<Draft<Fields>> {
  const fields = reactive({ ...empty(), ...(await answers.get<Partial<Fields>>(`draft|${name}`)) }) as Fields
  watch(fields, () => void answers.put(`draft|${name}`, JSON.parse(JSON.stringify(toRaw(fields)))), { deep: true })
  return { fields, clear: () => void Object.assign(fields, empty()) }
}
