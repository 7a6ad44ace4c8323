import { createApp, h } from 'vue'
import '../../design/base.css'
import '../../design/panel.css'
import { consoleSettings, feedUrl } from '../../live/settings'
import { loadReference } from '../../reference/reference'
import SituationPage from './SituationPage.vue'
import StartFailure from './StartFailure.vue'

/** Names and the socket's address first: without them nothing can be shown. */
async function start(): Promise<void> {
  const page = await Promise.all([consoleSettings(), loadReference()]).then(
    ([settings, reference]) => h(SituationPage, { feedUrl: feedUrl(settings, location), reference }),
    (error: unknown) => h(StartFailure, { why: String(error), onRetry: () => location.reload() }),
  )
  createApp(() => page).mount('#app')
}

void start()
