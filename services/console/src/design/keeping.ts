/** A person's choices on this device. A browser that keeps nothing for us only forgets them. */
export function kept(name: string): string | null {
  try {
    return localStorage.getItem(`fenghuo.${name}`)
  } catch {
    return null // storage is forbidden here
  }
}

export function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`fenghuo.${name}`, value)
  } catch {
    // storage is forbidden or full; the choice holds until the page is closed
  }
}
