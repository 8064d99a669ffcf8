import type { ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { detectorNames } from '../config/otlp/detectors.ts'
import { pushLimits } from '../limits/push.ts'
import { createRequire } from '../support/process/create-require.ts'
import { late, withTimeLimit } from '../support/time-limit.ts'
import { applicationPlaces } from './application-places.ts'
import type { PushSettings } from './push-settings.ts'
import { loadDetectors, type OwnDetectors } from './resource-detectors.ts'

type Resource = ResourceMetrics['resource']
type Attributes = Readonly<Record<string, unknown>>

/** Used functions of `@opentelemetry/resources`, equal in 2.12 and 3.1. */
interface Resources extends OwnDetectors {
  readonly defaultResource: () => Resource
  readonly resourceFromAttributes: (attributes: Attributes) => Resource
  readonly detectResources: (config: { readonly detectors: readonly unknown[] }) => Resource
  readonly envDetector: unknown
}

const load = createRequire(import.meta.url)

/**
 * Detects service, host, system and process, or what OTEL_NODE_RESOURCE_DETECTORS names. The
 * environment takes precedence. The process attributes describe the application's process, not this
 * thread.
 * @param onWarning called for a detector without its package, and for detectors that take too long.
 * @throws when `@opentelemetry/resources` cannot be loaded.
 */
export async function detectResource(
  { program, instanceId, nodeName, resourceDetectors: given }: PushSettings,
  onWarning: (text: string) => void,
): Promise<Resource> {
  // `process` of this thread describes the thread. Only the detectors read the properties here.
  Object.assign(process, program)
  const resources = load('@opentelemetry/resources') as Resources
  const { defaultResource, resourceFromAttributes, detectResources, envDetector } = resources
  const places = applicationPlaces(program.argv[1])
  const detectors = loadDetectors({ given, own: resources, places, onMissing: onWarning })
  const resource = defaultResource()
    .merge(
      resourceFromAttributes({
        'service.instance.id': instanceId,
        ...(nodeName === undefined ? {} : { 'k8s.node.name': nodeName }),
      }),
    )
    .merge(detectResources({ detectors: [...detectors, envDetector] }))
  if (await areSettled(resource)) return resource
  const names = detectorNames(given).join(', ')
  onWarning(
    `the resource detectors (${names}) did not end within ${pushLimits.resourceTimeoutMs} ms: ` +
      'attributes are missing',
  )
  return resourceFromAttributes(await settledAttributes(resource))
}

/**
 * Waits for attributes of a file, a program or a server, which may not respond.
 * @param timeoutMs afterwards, the resource stays without these attributes.
 * @returns whether all attributes are there.
 */
export async function areSettled(
  resource: Pick<Resource, 'waitForAsyncAttributes'>,
  timeoutMs: number = pushLimits.resourceTimeoutMs,
): Promise<boolean> {
  const settled = Promise.resolve(resource.waitForAsyncAttributes?.())
  return (await withTimeLimit(settled, timeoutMs)) !== late
}

/** OTel logs an error at each use of a waiting resource. Of equal keys, the first counts. */
async function settledAttributes(resource: Resource): Promise<Attributes> {
  const entries = await Promise.all(
    resource.getRawAttributes().map(async ([key, value]): Promise<[string, unknown]> => {
      const settled = await withTimeLimit(Promise.resolve(value), 0)
      return [key, settled === late ? undefined : settled]
    }),
  )
  const known = entries.filter(([, value]) => value !== undefined)
  return Object.fromEntries(known.reverse())
}
