/**
 * What an operator reads about a code in `docs/errors.md`.
 * - `error`: something does not work, or an act is refused
 * - `warning`: something is left out, delayed or doubtful, and the rest works
 */
export interface ErrorDeclaration {
  readonly level: 'error' | 'warning'
  /** What has happened, as a sentence. */
  readonly meaning: string
  /** What to do, as a sentence. */
  readonly remedy: string
  /** The page or section that explains the matter, below `docs/`. */
  readonly page: string
  /** The findings of `doctor` for the same matter. */
  readonly findings?: readonly string[]
}
