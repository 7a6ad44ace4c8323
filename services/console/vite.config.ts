import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'
import { reportWorker } from './build/report-worker.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
// Each page is an HTML file of its own beside this one, so that none loads what only another needs.
const pages = readdirSync(here('.')).filter((name) => name.endsWith('.html'))
// `npm run dev` beside a running system: FENGHUO_DEV_SERVER=http://127.0.0.1:8080
const server = process.env.FENGHUO_DEV_SERVER ?? 'http://127.0.0.1:8080'

export default defineConfig({
  plugins: [vue(), reportWorker()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
    rolldownOptions: { input: pages.map(here) },
  },
  server: { proxy: { '/v1': server, '/reference': server, '/console-settings.json': server, '/clock.json': server } },
})
