/** What every part of the page shares. */
import type { Api } from '@fenghuo/client/api'
import { inject, provide, type InjectionKey, type Ref } from 'vue'
import type { Outbox } from '../../../outbox/outbox'
import type { Drafts } from './draft'
import type { KeptAnswers } from './keeping'
import type { Places } from '../place/usePlaces'
import type { KnownFigures } from './known'
import type { FieldReference } from './reference'
import type { Reporter } from './reporter'

export const TABS = ['loss', 'zero', 'headcount', 'outbox'] as const
export type Tab = (typeof TABS)[number] | 'correction'

export interface Context {
  readonly api: Api
  readonly answers: KeptAnswers
  readonly drafts: Drafts
  readonly reporter: Reporter
  readonly reference: FieldReference
  readonly outbox: Outbox
  readonly places: Places
  readonly known: KnownFigures
  readonly tab: Ref<Tab>
  /** Now by the server's clock, every few seconds. */
  readonly now: Ref<number>
}

const KEY: InjectionKey<Context> = Symbol('report')

export function provideContext(context: Context): void {
  provide(KEY, context)
}

export function useContext(): Context {
  const context = inject(KEY)
  if (!context) throw new Error('a part of the report page stands outside of it')
  return context
}
