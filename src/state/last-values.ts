import { catalog } from '../model/catalog/catalog.ts'

/** What a worker last said of itself; null is what it never said, or what is no number to speak of. */
export interface LastValues {
  readonly requests: number | null
  readonly memoryBytes: number | null
  readonly cpuPercent: number | null
  readonly eventLoopDelayMaxSeconds: number | null
}

/** @param lastOf the worker's last value of the metric with this name. */
export function lastValuesOf(lastOf: (name: string) => number | undefined): LastValues {
  const read = (name: string): number | null => {
    const value = lastOf(name)
    return Number.isFinite(value) ? (value as number) : null
  }
  return {
    requests: read(catalog.requests.name),
    memoryBytes: read(catalog.memory.name),
    cpuPercent: read(catalog.cpu.name),
    eventLoopDelayMaxSeconds: read(catalog.eventLoopDelay.name),
  }
}
