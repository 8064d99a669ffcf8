import type { SampleForm } from './sample-form.ts'

/** Bytes, and the memory in which they lie. */
export interface WrittenBytes {
  readonly bytes: Buffer
  /** Begins with the bytes, and can be longer. */
  readonly memory: Buffer
}

/** The lines of a block's series at one version, and the number of pages that have them. */
export class KeptLines implements WrittenBytes {
  readonly version: number
  readonly form: SampleForm
  readonly bytes: Buffer
  readonly memory: Buffer
  #pages = 0

  constructor(version: number, form: SampleForm, { bytes, memory }: WrittenBytes) {
    this.version = version
    this.form = form
    this.bytes = bytes
    this.memory = memory
  }

  /** Whether the next lines can be written over these. */
  get isFree(): boolean {
    return this.#pages === 0
  }

  addPage(): void {
    this.#pages += 1
  }

  removePage(): void {
    this.#pages -= 1
  }
}

/**
 * The kept lines of one page. A page of 5,000 histograms has 10 MB. With new memory for each page,
 * V8 collects the garbage of the whole thread every few scrapes.
 */
export class PageLines {
  readonly #lines: KeptLines[] = []

  add(lines: KeptLines | undefined): void {
    if (!lines) return
    lines.addPage()
    this.#lines.push(lines)
  }

  /** Call after the last read of the page's bytes. Further calls do nothing. */
  release(): void {
    for (const lines of this.#lines.splice(0)) lines.removePage()
  }
}
