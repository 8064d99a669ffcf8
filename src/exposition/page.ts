/** A page: bytes in parts that later pages can share. They do not change before `release`. */
export interface Page {
  /** In the order of the page. */
  readonly families: readonly PageFamily[]
  /** The bytes after the last family. */
  readonly end: Buffer
  /** Names of metrics that the page leaves out, because another metric has the same name. */
  readonly clashes: readonly string[]
  /**
   * Number of series that the page leaves out: an earlier series has the same labels, and the
   * values cannot be added.
   */
  readonly twins: number
  /** Families that the page leaves out, because the page would be too large. */
  readonly shed: readonly ShedFamily[]
  /**
   * Lets later pages use the memory of the parts. Call this function only after the last read of
   * the parts. Without a call, later pages take other memory.
   */
  readonly release?: (() => void) | undefined
}

export interface ShedFamily {
  readonly name: string
  /** Number of its series. */
  readonly series: number
}

export interface PageFamily {
  readonly name: string
  /** Names of the family's samples. */
  readonly samples: readonly string[]
  /** HELP, TYPE and UNIT. */
  readonly head: Buffer
  /** The lines of samples. Each part ends with a whole line. */
  readonly parts: readonly Buffer[]
}

/** All bytes of a page, in order. */
export function partsOf({ families, end }: Pick<Page, 'families' | 'end'>): Buffer[] {
  const parts = families.flatMap((family) => [family.head, ...family.parts])
  return end.length === 0 ? parts : [...parts, end]
}

/** For small pages: a string has a limit. */
export function textOf(page: Pick<Page, 'families' | 'end'>): string {
  return Buffer.concat(partsOf(page)).toString()
}
