import type { PageSample } from './page-text.ts'

/** The samples of a page by name. */
export class SampleIndex {
  readonly #byName = new Map<string, PageSample[]>()

  constructor(samples: readonly PageSample[]) {
    for (const sample of samples) {
      const found = this.#byName.get(sample.name)
      if (found) found.push(sample)
      else this.#byName.set(sample.name, [sample])
    }
  }

  has(name: string): boolean {
    return this.#byName.has(name)
  }

  of(name: string): readonly PageSample[] {
    return this.#byName.get(name) ?? []
  }

  /** The value by worker. Of two equal series, as a Python page can have, the last counts. */
  byWorker(name: string): ReadonlyMap<string, number> {
    return new Map(
      this.of(name)
        .filter(({ value }) => Number.isFinite(value))
        .map((sample) => [workerKey(sample), sample.value]),
    )
  }
}

/** Names a worker of an instance. */
export function workerKey({ labels }: Pick<PageSample, 'labels'>): string {
  return `${labels.get('instance') ?? ''}\0${labels.get('worker_id') ?? ''}`
}
