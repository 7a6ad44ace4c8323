/** Where the socket is (GET /console-settings.json): on a port of its own when embedded, same origin behind an edge. */
export interface ConsoleSettings {
  /** Port of the socket on the page's host; null: the page's own origin. */
  readonly feed_port: number | null
}

export async function consoleSettings(): Promise<ConsoleSettings> {
  const answer = await fetch('/console-settings.json')
  if (!answer.ok) throw new Error(`/console-settings.json: HTTP ${answer.status}`)
  return (await answer.json()) as ConsoleSettings
}

export function feedUrl(settings: ConsoleSettings, page: Pick<Location, 'protocol' | 'host' | 'hostname'>): string {
  const scheme = page.protocol === 'https:' ? 'wss:' : 'ws:'
  const host = settings.feed_port === null ? page.host : `${page.hostname}:${settings.feed_port}`
  return `${scheme}//${host}/v1/feed`
}
