import { CountMemory } from '../../../src/crash-file/memory/count-memory.ts'
import { memoryBytes } from '../../../src/crash-file/memory/memory-layout.ts'
import { parseMemory } from '../../../src/crash-file/memory/memory-reader.ts'
import type { Metric } from '../../../src/model/metric.ts'
import { source, valuesOf } from './worker-file.ts'

export type Parsed = ReturnType<typeof parseMemory>

/** Memory of a worker, which nobody else maps. */
export interface OwnMemory {
  readonly buffer: ArrayBuffer
  readonly memory: CountMemory
  readonly read: () => Parsed
}

export function ownMemory(): OwnMemory {
  const buffer = new ArrayBuffer(memoryBytes)
  return { buffer, memory: new CountMemory(buffer, source), read: () => parsed(buffer) }
}

export function parsed(buffer: ArrayBuffer): Parsed {
  return parseMemory((at, length) => new Uint8Array(buffer.slice(at, at + length)))
}

export function metricsOf(counts: Parsed): readonly Metric[] {
  if (typeof counts === 'string') throw new Error(counts)
  return counts.metrics
}

/** Each number of each series: the value, or `sum` and each bucket. */
export function numbersOf(counts: Parsed): Map<string, number> {
  const numbers = new Map<string, number>()
  for (const [name, attributes, value] of valuesOf(metricsOf(counts))) {
    const series = `${name} ${JSON.stringify(attributes)}`
    if (typeof value === 'number') numbers.set(series, value)
    else if ('counts' in value) {
      numbers.set(`${series} sum`, value.sum)
      for (const [bucket, count] of value.counts.entries()) {
        numbers.set(`${series} ${bucket}`, count)
      }
    }
  }
  return numbers
}
