/** A signal that aborts after so many milliseconds: AbortSignal.timeout, which many phones in the field do not have yet. */
export function deadline(milliseconds: number): AbortSignal {
  const controller = new AbortController()
  setTimeout(() => controller.abort(new DOMException(`${milliseconds} ms`, 'TimeoutError')), milliseconds)
  return controller.signal
}
