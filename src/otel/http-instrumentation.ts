import type { Server } from 'node:net'

/** Whether OpenTelemetry's instrumentation of `node:http` observes the requests of a server. */
export function isInstrumented({ emit }: Server): boolean {
  return Reflect.get(emit, '__wrapped') === true
}
