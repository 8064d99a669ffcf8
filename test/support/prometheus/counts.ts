import type { Sample } from './page.ts'

/** Stands for a label that a series does not have. */
export const none = '-'

/** Sums by a text. Lines of text compare with readable differences. */
export class Counts {
  readonly #values = new Map<string, number>()

  add(key: string, value: number): void {
    this.#values.set(key, (this.#values.get(key) ?? 0) + value)
  }

  /** Adds the samples by the values of these labels. */
  addSamples(samples: readonly Sample[], labels: readonly string[]): void {
    for (const sample of samples) {
      const values = labels.map((label) => sample.labels[label] ?? none)
      this.add(values.join(' '), sample.value)
    }
  }

  without(keys: ReadonlySet<string>): Counts {
    const rest = new Counts()
    for (const [key, value] of this.#values) if (!keys.has(key)) rest.add(key, value)
    return rest
  }

  /** In alphabetical order. */
  lines(): string[] {
    return Array.from(this.#values, ([key, value]) => `${key}: ${value}`).sort()
  }
}
