import { describe, expect, it } from 'vitest'
import { ask, isPlace, locationOf, PATIENCE_MS, PlaceError, placeOf, type PlaceFailure } from './place'

const COORDS = { longitude: 103.4125437, latitude: 30.9413618, accuracy: 11.2 }
const PLACE = { lon: 103.41254, lat: 30.94136, accuracyM: 12, measuredAt: Date.parse('2026-08-20T07:00:00Z') }

type Ask = Geolocation['getCurrentPosition']
const device = (getCurrentPosition: Ask, secure = true) => ({ geolocation: { getCurrentPosition }, secure })
const refusing = (code: number): Ask => (_, refuse) => refuse?.({ code } as GeolocationPositionError)

async function failure(asked: Promise<unknown>): Promise<PlaceFailure | undefined> {
  const error = await asked.then(() => undefined, (why: unknown) => why)
  return error instanceof PlaceError ? error.why : undefined
}

describe('the place of an office', () => {
  it('is measured exactly, anew, with patience', async () => {
    let asked: PositionOptions | undefined
    const found = await ask(device((done, _, options) => {
      asked = options
      done({ coords: COORDS, timestamp: PLACE.measuredAt } as GeolocationPosition)
    }))
    expect(found).toEqual(PLACE)
    expect(asked).toEqual({ enableHighAccuracy: true, timeout: PATIENCE_MS, maximumAge: 0 })
  })

  it.each<[PlaceFailure, ReturnType<typeof device> | { geolocation: undefined; secure: boolean }]>([
    ['denied', device(refusing(1))],
    ['unavailable', device(refusing(2))],
    ['timeout', device(refusing(3))],
    ['impossible', { geolocation: undefined, secure: true }],
    ['impossible', device(refusing(1), false)],
    ['outside', device((done) => done({ coords: { ...COORDS, longitude: 0, latitude: 0 }, timestamp: 0 } as GeolocationPosition))],
  ])('says why there is none: %s', async (why, at) => expect(await failure(ask(at))).toBe(why))

  it('claims no more than it knows', () => {
    expect(placeOf({ ...COORDS, accuracy: 0.2 }, 0.4)).toEqual({ ...PLACE, accuracyM: 1, measuredAt: 0 })
    expect(placeOf({ ...COORDS, longitude: 30.9, latitude: 76 }, 0)).toBeNull()
    expect(placeOf({ ...COORDS, longitude: NaN }, 0)).toBeNull()
  })

  it('is stated with its unit and by the server’s clock', () => {
    const { captured_at, ...stated } = locationOf(PLACE, '513221105000', 60_000)
    expect(stated).toEqual({ unit: '513221105000', lon: 103.41254, lat: 30.94136, accuracy_m: 12 })
    expect(Date.parse(captured_at)).toBe(PLACE.measuredAt + 60_000)
  })

  it('is not read from what something else wrote', () => {
    expect([PLACE, null, 'x', {}, { ...PLACE, lat: '30' }, { ...PLACE, measuredAt: null }].map(isPlace)).toEqual([true, false, false, false, false, false])
  })
})
