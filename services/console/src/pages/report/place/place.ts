/**
 * Where a reporting office stands: measured once by the device, without network, and only when a person asks for it;
 * kept for the unit and stated in its reports as `location` (records.md 2: no figure depends on it). Pure but for `ask`.
 */
import { rfc3339 } from '../../../outbox/clock'

export interface Place {
  /** WGS84 degrees. */
  readonly lon: number
  readonly lat: number
  /** Radius in which it lies. */
  readonly accuracyM: number
  /** Device clock when it was measured, milliseconds since 1970. */
  readonly measuredAt: number
}

/** What a record says of it. */
export interface Location {
  readonly unit: string
  readonly lon: number
  readonly lat: number
  readonly accuracy_m: number
  readonly captured_at: string
}

export type PlaceFailure = 'impossible' | 'denied' | 'unavailable' | 'timeout' | 'outside'

export class PlaceError extends Error {
  override name = 'PlaceError'
  constructor(readonly why: PlaceFailure) {
    super(why)
  }
}

/** A first fix without network takes a satellite receiver up to a minute. */
export const PATIENCE_MS = 60_000
/** Beyond this it may lie in the next township. */
export const COARSE_M = 500
/** Five decimals are about a metre: more would only claim to be exact. */
const DECIMALS = 5
/** The box that the server takes: division codes are China's. */
const BOX = { west: 73, south: 3, east: 136, north: 54 }

interface Device {
  readonly geolocation: Pick<Geolocation, 'getCurrentPosition'> | undefined
  /** Browsers tell a place to secure pages only. */
  readonly secure: boolean
}

/** Measure where the device is now. Rejects with PlaceError. */
export function ask(device: Device): Promise<Place> {
  return new Promise((resolve, reject) => {
    const { geolocation, secure } = device
    if (!geolocation || !secure) return reject(new PlaceError('impossible'))
    geolocation.getCurrentPosition(
      ({ coords, timestamp }) => {
        const place = placeOf(coords, timestamp)
        if (place === null) reject(new PlaceError('outside'))
        else resolve(place)
      },
      ({ code }) => reject(new PlaceError(code === 1 ? 'denied' : code === 3 ? 'timeout' : 'unavailable')),
      { enableHighAccuracy: true, timeout: PATIENCE_MS, maximumAge: 0 },
    )
  })
}

/** null: not in China, so of no unit with a code. */
export function placeOf(coords: Pick<GeolocationCoordinates, 'longitude' | 'latitude' | 'accuracy'>, measuredAt: number): Place | null {
  const [lon, lat] = [round(coords.longitude), round(coords.latitude)]
  if (!(lon >= BOX.west && lon <= BOX.east && lat >= BOX.south && lat <= BOX.north)) return null
  return { lon, lat, accuracyM: Math.max(1, Math.ceil(coords.accuracy)), measuredAt: Math.round(measuredAt) }
}

/** `offset`: server − device clock, milliseconds. */
export function locationOf(place: Place, unit: string, offset: number): Location {
  return { unit, lon: place.lon, lat: place.lat, accuracy_m: place.accuracyM, captured_at: rfc3339(place.measuredAt + offset) }
}

/** What was kept on the device, unless something else wrote it. */
export function isPlace(value: unknown): value is Place {
  const place = value as Place | null
  return typeof place === 'object' && place !== null && [place.lon, place.lat, place.accuracyM, place.measuredAt].every((each) => Number.isFinite(each))
}

function round(degrees: number): number {
  return Number(degrees.toFixed(DECIMALS))
}
