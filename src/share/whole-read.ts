/** A read of all states, for which requests wait. */
export interface WholeRead {
  readonly ended: Promise<void>
  readonly end: () => void
}

export function newWholeRead(): WholeRead {
  let end: () => void = () => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  return { ended, end }
}
