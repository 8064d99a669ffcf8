/** What a test offers to those who make something for it. */
export interface Belongings {
  readonly after: (act: () => unknown) => void
  readonly skip: (message?: string) => void
}

/** The same test, which puts away first what was made last: whoever writes into a directory ends before that goes. */
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
