import type { Problem } from './problem.ts'

/** Problems by their weight. */
export interface Problems {
  /** A feature cannot work. */
  readonly faults: readonly Problem[]
  /** A value is ignored, or is probably wrong. */
  readonly warnings: readonly Problem[]
  /** A value has another effect than the user may expect. Only `check` shows notes. */
  readonly notes: readonly Problem[]
}

export const noProblems: Problems = { faults: [], warnings: [], notes: [] }

export function joined(parts: readonly Problems[]): Problems {
  return {
    faults: parts.flatMap(({ faults }) => faults),
    warnings: parts.flatMap(({ warnings }) => warnings),
    notes: parts.flatMap(({ notes }) => notes),
  }
}
