/** The golden transcripts that every client shares (schemas/examples/feed): played to a session, the picture compared. */
import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { UnitView } from '../src/contract'
import { FeedPicture, type FeedData } from '../src/picture'
import { FeedSession } from '../src/session'

interface Transcript {
  about: string
  steps: { client?: unknown; server?: { type: string; id?: string | null }; note?: string }[]
  picture: { [subscription: string]: UnitView[] }
}

const FOLDER = new URL('../../../../../schemas/examples/feed/', import.meta.url)
const transcripts = readdirSync(FOLDER).map((file) => [file, JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Transcript] as const)
const DATA = new Set(['snapshot', 'delta', 'outcomes', 'alarms'])

/** What a picture holds, in the form of a snapshot's units. */
function unitsOf(picture: FeedPicture, status: UnitView['status']): UnitView[] {
  const found: UnitView[] = []
  for (const [incident_id, units] of picture.incidents)
    for (const [unit, { version, figures, beside, head }] of units)
      found.push({ incident_id, status, unit, version, figures: { ...figures }, ...(Object.keys(beside).length ? { beside: beside as UnitView['beside'] } : {}), ...(head ? { head } : {}) } as UnitView)
  return found.sort((one, other) => `${one.incident_id}${one.unit}`.localeCompare(`${other.incident_id}${other.unit}`))
}

test('there are transcripts', () => expect(transcripts.length).toBeGreaterThan(4))

describe.each(transcripts)('%s', (_file, transcript) => {
  test('a picture that applies its frames holds what it must', () => {
    const pictures = new Map<string, FeedPicture>()
    for (const { client, server } of transcript.steps) {
      const asked = client as { type?: string; id?: string } | undefined
      if (asked?.type === 'subscribe' && asked.id) pictures.set(asked.id, new FeedPicture())
      if (server && DATA.has(server.type)) pictures.get(server.id!)!.apply(server as FeedData)
    }
    for (const [id, units] of Object.entries(transcript.picture)) {
      expect(unitsOf(pictures.get(id) ?? new FeedPicture(), units[0]?.status ?? 'Exercise')).toEqual(units)
    }
  })

  test('a session takes every frame of it', () => {
    const session = new FeedSession()
    session.opened()
    const asked = transcript.steps.filter(({ client }) => (client as { type?: string } | undefined)?.type === 'subscribe')
    const { subscription } = session.subscribe({ incidents: ['*'] })
    for (const { server } of transcript.steps) {
      // The session gives its own ids; every transcript but errors.json has one subscription.
      if (server) session.receive(JSON.stringify({ ...server, ...(server.id ? { id: subscription.id } : {}) }), 0)
    }
    if (asked.length === 1) expect(unitsOf(subscription.picture, 'Exercise')).toEqual(transcript.picture[Object.keys(transcript.picture)[0]!])
  })
})

test('outcomes and alarms: the newest judgement last, raised alarms only', () => {
  const [, { steps }] = transcripts.find(([file]) => file === 'outcomes_and_alarms.json')!
  const picture = new FeedPicture()
  for (const { server } of steps) if (server && DATA.has(server.type)) picture.apply(server as FeedData)
  expect([...picture.outcomes.values()].map(({ record_id, standing }) => [record_id, standing])).toEqual([
    ['r-2', 'effective'],
    ['r-1', 'superseded'],
  ])
  expect(picture.alarms.size).toBe(0)
})
