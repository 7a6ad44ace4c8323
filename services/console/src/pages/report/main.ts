import { createApp, h } from 'vue'
import '../../design/base.css'
import './report.css'
import { OutboxDatabase } from '../../outbox/store'
import ReportPage from './ReportPage.vue'
import StartFailure from './StartFailure.vue'
import { loadDrafts } from './state/draft'
import { KeptAnswers } from './state/keeping'
import { loadFieldReference } from './state/reference'

const database = new OutboxDatabase()
const answers = new KeptAnswers(database)
const retry = () => location.reload()

/** The device's database and the names: without the first nothing could be kept, without the second nothing be chosen. */
async function start(): Promise<void> {
  try {
    await database.open()
  } catch (error) {
    return show(h(StartFailure, { why: 'storage', detail: String(error), onRetry: retry }))
  }
  try {
    const [drafts, reference] = await Promise.all([loadDrafts(answers), loadFieldReference(answers)])
    show(h(ReportPage, { database, answers, drafts, reference }))
  } catch (error) {
    window.addEventListener('online', retry, { once: true })
    show(h(StartFailure, { why: 'network', detail: String(error), onRetry: retry }))
  }
}

function show(page: ReturnType<typeof h>): void {
  createApp(() => page).mount('#app')
}

void start()
