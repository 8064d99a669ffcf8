import type { ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { pushLimits } from '../limits/push.ts'
import { createRequire } from '../support/process/create-require.ts'
import { withTimeLimit } from '../support/time-limit.ts'
import type { PushSettings } from './push-settings.ts'

type Resource = ResourceMetrics['resource']

/** Used functions of `@opentelemetry/resources`, equal in 2.12 and 3.1. */
interface Resources {
  readonly defaultResource: () => Resource
  readonly resourceFromAttributes: (attributes: Readonly<Record<string, string>>) => Resource
  readonly detectResources: (config: { readonly detectors: readonly unknown[] }) => Resource
  readonly hostDetector: unknown
  readonly osDetector: unknown
  readonly processDetector: unknown
  readonly envDetector: unknown
}

const load = createRequire(import.meta.url)

/**
 * Detects service, host, system and process. Environment variables take precedence. The process
 * attributes describe the application's process, not this thread.
 * @throws when `@opentelemetry/resources` cannot be loaded.
 */
export async function detectResource({
  program,
  instanceId,
  nodeName,
}: PushSettings): Promise<Resource> {
  // `process` of this thread describes the thread. Only the detectors read the properties here.
  Object.assign(process, program)
  const { defaultResource, resourceFromAttributes, detectResources, ...detectors } = load(
    '@opentelemetry/resources',
  ) as Resources
  const { hostDetector, osDetector, processDetector, envDetector } = detectors
  const resource = defaultResource()
    .merge(
      resourceFromAttributes({
        'service.instance.id': instanceId,
        ...(nodeName === undefined ? {} : { 'k8s.node.name': nodeName }),
      }),
    )
    .merge(detectResources({ detectors: [hostDetector, osDetector, processDetector, envDetector] }))
  await asyncAttributes(resource)
  return resource
}

/**
 * Waits for the id of the machine. A file or a program has the id, and may not respond.
 * @param timeoutMs afterwards, the resource stays without the id.
 */
export async function asyncAttributes(
  resource: Pick<Resource, 'waitForAsyncAttributes'>,
  timeoutMs: number = pushLimits.resourceTimeoutMs,
): Promise<void> {
  await withTimeLimit(Promise.resolve(resource.waitForAsyncAttributes?.()), timeoutMs)
}
