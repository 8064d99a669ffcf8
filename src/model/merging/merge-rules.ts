import { type Descriptor, isMonotonic } from '../metric.ts'
import { ownScope } from '../own-scope.ts'
import { scopeNameOf } from '../scope.ts'
import type { ChosenRule, MergePattern, MergeRule } from './merge-rule.ts'
import { matchesPattern } from './name-pattern.ts'
import { presetRules } from './preset-rules.ts'

export interface MergeSettings {
  /** The user's rules. The first match counts. */
  readonly mergeRules: readonly MergePattern[]
  /** Keeps `worker_id` on all series that no rule of the user names. */
  readonly keepWorkerId: boolean
}

/** Decides how the series of a metric merge over workers. */
export class MergeRules {
  readonly #patterns: readonly MergePattern[]
  readonly #keepWorkerId: boolean
  /** A family keeps its descriptor, so each family is decided once. */
  readonly #known = new WeakMap<Descriptor, MergeRule>()

  constructor({ mergeRules, keepWorkerId }: MergeSettings) {
    this.#keepWorkerId = keepWorkerId
    this.#patterns = keepWorkerId ? mergeRules : [...mergeRules, ...presetRules]
  }

  of(descriptor: Descriptor): MergeRule {
    const known = this.#known.get(descriptor)
    if (known !== undefined) return known
    const rule = this.#decide(descriptor)
    this.#known.set(descriptor, rule)
    return rule
  }

  #decide(descriptor: Descriptor): MergeRule {
    const rule = this.#chosen(descriptor)
    if (rule === 'default') {
      return this.#keepWorkerId || descriptor.kind === 'gauge' ? 'per_worker' : 'sum'
    }
    // The value of another worker can be older, and Prometheus takes any fall for a restart.
    return rule === 'first' && isMonotonic(descriptor.kind) ? 'max' : rule
  }

  #chosen({ scope, name }: Descriptor): ChosenRule {
    if (scope === ownScope) return 'default'
    const scoped = `${scopeNameOf(scope)}/${name}`
    const match = this.#patterns.find(
      ({ pattern }) => matchesPattern(pattern, name) || matchesPattern(pattern, scoped),
    )
    return match?.rule ?? 'default'
  }
}
