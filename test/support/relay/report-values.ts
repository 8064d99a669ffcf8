import assert from 'node:assert/strict'
import type { Value } from '../../../src/model/metric.ts'
import type { Report } from '../../../src/relay/report.ts'
import { valueKinds } from '../../../src/relay/values/value-kinds.ts'
import { ValueReader } from '../../../src/relay/values/value-reader.ts'
import { ValueWriter } from '../../../src/relay/values/value-writer.ts'
import { writeValue } from '../../../src/relay/values/write-value.ts'

/** A histogram: its sum, and the counts of changed buckets by place. */
type ShownValue = Exclude<Value, { counts: unknown }> | ShownHistogram | undefined

interface ShownHistogram {
  readonly sum: number
  readonly changed: Readonly<Record<number, number>>
}

/** The values of a report, by the number of their series. */
export function valuesOf(report: Report | undefined): [series: number, value: ShownValue][] {
  const reader = new ValueReader(report?.values ?? assert.fail('There is no report.'))
  const values: [number, ShownValue][] = []
  while (reader.next()) values.push([reader.series, shown(reader)])
  return values
}

/** A report with its values as `valuesOf` shows them. */
export function shownReport(report: Report | undefined): unknown {
  return report && { ...report, values: valuesOf(report) }
}

function shown(reader: ValueReader): ShownValue {
  if (reader.kind === valueKinds.exponential) return reader.exponential()
  if (reader.kind !== valueKinds.histogram) return reader.number
  const changed: Record<number, number> = {}
  while (reader.nextBucket()) changed[reader.bucket] = reader.count
  return { sum: reader.sum, changed }
}

/** The values as in a first report. */
export function bytesOf(...values: readonly (readonly [series: number, value: Value])[]): Buffer {
  const writer = new ValueWriter()
  for (const [number, value] of values) {
    const buckets = typeof value === 'object' && 'counts' in value ? value.counts.length : 0
    writeValue(writer, { number, counts: undefined }, { value, buckets })
  }
  return writer.copy()
}
