import { createApp } from 'vue'
import '../../design/base.css'
import SituationPage from './SituationPage.vue'

createApp(SituationPage).mount('#app')
