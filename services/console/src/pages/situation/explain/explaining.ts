/** What the parts of an explanation share. */
import type { Decision, ExplainedUnit } from '@fenghuo/client/contract'
import type { InjectionKey } from 'vue'

export interface Explaining {
  /** The words of a decision code. */
  readonly decision: (code: string) => Decision | undefined
  /** The explanation of a unit below, so many levels deep. Throws ApiError. */
  readonly ask: (unit: string, depth: number) => Promise<ExplainedUnit>
}

export const EXPLAINED: InjectionKey<Explaining> = Symbol('explained')
