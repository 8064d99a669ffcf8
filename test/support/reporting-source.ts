import { attributeKey } from '../../src/model/attribute-key.ts'
import type { Attributes, Descriptor, Metric, Point } from '../../src/model/metric.ts'
import { encodeReport, type Source } from '../../src/relay/report.ts'
import { ReportBuilder } from '../../src/relay/report-builder.ts'

/** The reports of a process, without the process. */
export class ReportingSource {
  readonly source: Source
  readonly #changes = new ReportBuilder(1_000_000)
  readonly #metrics = new Map<string, { descriptor: Descriptor; points: Map<string, Point> }>()

  constructor(forkNumber: number, more: Partial<Source> = {}) {
    this.source = {
      role: 'worker',
      forkNumber: forkNumber,
      startSeconds: 1_700_000_000 + forkNumber,
      pid: 4_000 + forkNumber,
      ...more,
    }
  }

  set(descriptor: Descriptor, attributes: Attributes, value: Point['value']): this {
    const key = keyOf(descriptor)
    const metric = this.#metrics.get(key) ?? { descriptor, points: new Map<string, Point>() }
    this.#metrics.set(key, metric)
    metric.points.set(attributeKey(attributes), { attributes, value })
    return this
  }

  valueOf(descriptor: Descriptor, attributes: Attributes): Point['value'] | undefined {
    return this.#metrics.get(keyOf(descriptor))?.points.get(attributeKey(attributes))?.value
  }

  /** The text of the next report, or undefined without changes. */
  report(): string | undefined {
    const metrics = Array.from(this.#metrics.values(), ({ descriptor, points }): Metric => {
      return { descriptor, points: [...points.values()] }
    })
    const report = this.#changes.next(metrics, this.source)
    return report && encodeReport(report)
  }

  resetBaseline(): this {
    this.#changes.resetBaseline()
    return this
  }
}

function keyOf({ kind, name, scope, unit, valueType, schemaUrl }: Descriptor): string {
  return JSON.stringify([kind, name, scope, unit, valueType, schemaUrl])
}
