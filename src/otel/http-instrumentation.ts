import type { Server } from 'node:net'

/** The scope of OpenTelemetry's instrumentation of `node:http`. */
export const httpScope = '@opentelemetry/instrumentation-http'

/** Whether OpenTelemetry's instrumentation of `node:http` observes the requests of a server. */
export function isInstrumented({ emit }: Server): boolean {
  return Reflect.get(emit, '__wrapped') === true
}
