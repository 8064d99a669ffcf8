/**
 * One report, from its collection until the transport acknowledges the report or a limit ends it.
 */
export interface Round {
  /** Milliseconds of the clock. */
  readonly startedAt: number
  readonly ended: Promise<void>
  readonly end: () => void
}

/** @param startedAt milliseconds of the clock. */
export function newRound(startedAt: number): Round {
  let end = (): void => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  return { startedAt, ended, end }
}
