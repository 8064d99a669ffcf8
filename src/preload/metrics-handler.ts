import { type MountedRequest, type MountedResponse, refuse } from '../mount/refuse.ts'
import { type Preload, preloadKey } from './preload.ts'

/**
 * Answers a request with the page of the whole cluster, from any worker, the primary or a process alone:
 * for hosts that give one port only. As a listener of `node:http`, `node:https` and `node:http2`, or a handler
 * of Express and its like.
 *
 * ```js
 * app.get('/metrics', metricsHandler)
 * ```
 *
 * Needs the preload. Answers 503 with a sentence of what is wrong where no exporter runs or none answers
 * within 5 seconds, 405 to other methods than GET and HEAD. Never throws.
 */
export function metricsHandler(request: MountedRequest, response: MountedResponse): void {
  try {
    const { [preloadKey]: preload } = globalThis as { [preloadKey]?: Partial<Preload> }
    if (preload?.answer) {
      if (!preload.answer(request, response)) refuse(request, response, { status: 503, text: off })
    } else refuse(request, response, { status: 503, text: notPreloaded })
  } catch {
    // Of the application's own response, which it has brought into a state of its own.
  }
}

const notPreloaded =
  'No metrics: this process runs without gunicorn-prometheus-exporter/register, which must be preloaded ' +
  '(node --require gunicorn-prometheus-exporter/register), or with OTEL_SDK_DISABLED; or this is not its main thread.'
const off =
  'No metrics: the exporter of this process is switched off, by its configuration or by a fault in it, which was told on stderr at the start.'
