/** Record ids made on the device: ULIDs, so that they sort by the time they were made. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const TIME_LENGTH = 10
const RANDOM_LENGTH = 16

export type RandomBytes = (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>

// crypto.getRandomValues, unlike randomUUID, also works on a page that came by plain HTTP.
export const browserRandom: RandomBytes = (bytes) => crypto.getRandomValues(bytes)

/** `now`: milliseconds since 1970. */
export function ulid(now: number, random: RandomBytes = browserRandom): string {
  let time = ''
  for (let rest = Math.floor(now); time.length < TIME_LENGTH; rest = Math.floor(rest / 32)) time = ALPHABET[rest % 32] + time
  const drawn = random(new Uint8Array(RANDOM_LENGTH))
  return time + Array.from(drawn, (byte) => ALPHABET[byte % 32]).join('')
}
