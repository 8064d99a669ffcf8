import { createRequire } from 'node:module'
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { pushLimits } from '../limits/push.ts'
import { withTimeLimit } from '../support/time-limit.ts'
import type { PushSettings } from './push-settings.ts'

type Resource = ResourceMetrics['resource']

/** What of `@opentelemetry/resources` is used, the same in 2.12 and 3.1; only its types are not loaded with ours. */
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
 * Who pushes: service, host, system and process by OTel's detectors, the process as it was started and not
 * as this thread was. What the environment says goes before all.
 * @throws where `@opentelemetry/resources` cannot be loaded.
 */
export async function detectResource({ program, instanceId }: PushSettings): Promise<Resource> {
  // The thread's own are its file and no flags. Here, the detectors are the only ones to look.
  Object.assign(process, program)
  const { defaultResource, resourceFromAttributes, detectResources, ...detectors } = load(
    '@opentelemetry/resources',
  ) as Resources
  const { hostDetector, osDetector, processDetector, envDetector } = detectors
  const resource = defaultResource()
    .merge(resourceFromAttributes({ 'service.instance.id': instanceId }))
    .merge(detectResources({ detectors: [hostDetector, osDetector, processDetector, envDetector] }))
  // Not for ever: the machine's id comes from a file or a program.
  await withTimeLimit(
    Promise.resolve(resource.waitForAsyncAttributes?.()),
    pushLimits.resourceTimeoutMs,
  )
  return resource
}
