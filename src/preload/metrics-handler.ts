import { type MountedRequest, type MountedResponse, refuse } from '../mount/refuse.ts'
import { preloadKey } from '../support/preload-key.ts'
import type { Preload } from './preload.ts'

/**
 * Answers a request with the page of the whole cluster, in any worker, the primary or a process
 * without workers. Use the handler on hosts with a single port. The handler is a request
 * listener of `node:http`, `node:https` and `node:http2`, and a handler of Express and similar
 * frameworks.
 *
 * ```js
 * app.get('/metrics', metricsHandler)
 * ```
 *
 * Needs the preload. Answers 503 with the reason if no exporter runs, or if the exporter does not
 * answer within 5 seconds. Answers 405 to methods other than GET and HEAD. Never throws.
 */
export function metricsHandler(request: MountedRequest, response: MountedResponse): void {
  try {
    const preload: Partial<Preload> | undefined = Reflect.get(globalThis, preloadKey)
    if (preload?.answer) {
      if (!preload.answer(request, response)) refuse(request, response, { status: 503, text: off })
    } else refuse(request, response, { status: 503, text: notPreloaded })
  } catch {
    // The application can leave its response in a state in which Node throws.
  }
}

const notPreloaded =
  'No metrics: gunicorn-prometheus-exporter is not preloaded in this process. Start the process ' +
  'with node --require gunicorn-prometheus-exporter/register, without OTEL_SDK_DISABLED, and ' +
  'mount the page in its main thread.'
const off =
  'No metrics: the exporter of this process is switched off, by its configuration or by a fault ' +
  'in the configuration. The log on stderr shows the fault.'
