import { createApp, h, ref } from 'vue'
import '../../design/base.css'
import './wall.css'
import { theme } from '../../design/theme'
import { consoleSettings, feedUrl } from '../../live/settings'
import { loadReference } from '../../reference/reference'
import { readAddress } from './state/address'
import WallPage from './WallPage.vue'
import { t } from './words'

const RETRY_MS = 5000
const wished = new URLSearchParams(location.search).get('theme')
// A dark room, unless it is told otherwise.
theme.value = wished === 'light' ? 'light' : 'dark'

const page = ref(h('p', { class: 'starting' }, t('starting')))
createApp(() => page.value).mount('#app')

/** Nobody stands by to press a button: it tries until it succeeds. */
async function start(): Promise<void> {
  try {
    const [settings, reference] = await Promise.all([consoleSettings(), loadReference()])
    page.value = h(WallPage, { feedUrl: feedUrl(settings, location), reference, address: readAddress(location.search) })
  } catch (error) {
    console.warn('start', error)
    page.value = h('p', { class: 'starting' }, t('start_failed'))
    setTimeout(() => void start(), RETRY_MS)
  }
}

void start()
