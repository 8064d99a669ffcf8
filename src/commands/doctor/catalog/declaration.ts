/** Problems come first in the output. Checks that do not apply come last. */
export const levels = ['problem', 'warning', 'unknown', 'note', 'ok', 'skipped'] as const

/**
 * - `problem`: something does not work
 * - `warning`: something can fail soon, or shows wrong numbers
 * - `unknown`: the check could not be made
 * - `note`: a fact that can surprise
 * - `ok`: nothing is wrong
 * - `skipped`: the set-up has nothing for this check
 */
export type Level = (typeof levels)[number]

/** The checks, in the order of the output. */
export const checkNames = [
  'configuration',
  'node',
  'packages',
  'preload',
  'pm2',
  'port',
  'page',
  'authentication',
  'certificate',
  'workers',
  'redis',
  'otlp',
  'directories',
  'limits',
] as const

export type CheckName = (typeof checkNames)[number]

/** What a check can find. `docs/doctor.md` has a row for each declaration. */
export interface Declaration {
  readonly check: CheckName
  readonly level: 'problem' | 'warning' | 'note'
  /** What is found, as a sentence for the documentation. */
  readonly meaning: string
  /** What to do. Names in braces stand for values of the finding. */
  readonly remedy: string
  /** The section that explains the matter, below `docs/`. */
  readonly page: string
}
