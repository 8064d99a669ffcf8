import { catalog } from '../../model/catalog/catalog.ts'

/** A worker's last values; null where the worker reported no finite number. */
export interface LastValues {
  readonly requests: number | null
  readonly memoryBytes: number | null
  readonly cpuPercent: number | null
  readonly eventLoopDelayMaxSeconds: number | null
}

/** @param lastOf returns the worker's last value of the metric with the given name. */
export function lastValuesOf(lastOf: (name: string) => number | undefined): LastValues {
  const read = (name: string): number | null => {
    const value = lastOf(name)
    return value !== undefined && Number.isFinite(value) ? value : null
  }
  return {
    requests: read(catalog.requests.name),
    memoryBytes: read(catalog.memory.name),
    cpuPercent: read(catalog.cpu.name),
    eventLoopDelayMaxSeconds: read(catalog.eventLoopDelay.name),
  }
}
