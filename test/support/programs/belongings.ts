/** The part of a test context that support files use. */
export interface Belongings {
  readonly after: (act: () => unknown) => void
  readonly skip: (message?: string) => void
}

/**
 * Wraps a test context so that cleanups run in reverse order. A process that writes into a
 * directory ends before the directory is removed.
 */
export function latestFirst(context: Belongings): Belongings {
  const acts: (() => unknown)[] = []
  context.after(async () => {
    for (const act of acts.reverse()) await act()
  })
  return {
    after: (act) => void acts.push(act),
    skip: (message) => context.skip(message),
  }
}
