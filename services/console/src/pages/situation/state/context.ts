/** What every part of the page shares. */
import type { Api } from '@fenghuo/client/api'
import { inject, provide, type ComputedRef, type InjectionKey } from 'vue'
import type { LiveFeed } from '../../../live/live-feed'
import type { Reference } from '../../../reference/reference'
import type { Address } from './address'
import type { Past } from './past'
import type { Picture } from './picture'

export interface Context {
  readonly api: Api
  readonly address: Address
  readonly feed: LiveFeed
  readonly picture: Picture
  readonly reference: Reference
  readonly view: View
  /** What was known at the moment looked back at, and at the one compared with. */
  readonly past: Past
  readonly compared: Past
  /** Show a figure's sources, or a record, in the drawer. */
  readonly explain: (what: Explained) => void
}

/** The moment that the figures on the page are shown for. */
export interface View {
  /** Milliseconds since 1970 by the server's clock: ages count up to it. */
  readonly now: ComputedRef<number>
  /** Whether they may have changed meanwhile. */
  readonly stale: ComputedRef<boolean>
}

export type Explained = { readonly kind: 'figure'; readonly unit: string; readonly key: string } | { readonly kind: 'record'; readonly id: string }

const KEY: InjectionKey<Context> = Symbol('situation')

export function provideContext(context: Context): void {
  provide(KEY, context)
}

export function useContext(): Context {
  const context = inject(KEY)
  if (!context) throw new Error('a part of the situation page stands outside of it')
  return context
}
