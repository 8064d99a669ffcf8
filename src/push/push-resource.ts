import type { DetectedResourceAttributes, ResourceDetector } from '@opentelemetry/resources'
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { detectorNames } from '../config/otlp/detectors.ts'
import { packagePlaces } from '../files/load-package.ts'
import { pushLimits } from '../limits/push.ts'
import { type CodedText, coded } from '../model/errors/coded-text.ts'
import { late, withTimeLimit } from '../support/time-limit.ts'
import type { PushSettings } from './push-settings.ts'
import { loadDetectors } from './resource-detectors.ts'

type Resource = ResourceMetrics['resource']

/**
 * Detects service, host, system and process, or what OTEL_NODE_RESOURCE_DETECTORS names. The
 * environment takes precedence. The process attributes describe the application's process, not this
 * thread.
 * @param onWarning called for a detector without its package, and for detectors that take too long.
 */
export async function detectResource(
  { program, instanceId, nodeName, resourceDetectors: given }: PushSettings,
  onWarning: (text: CodedText) => void,
): Promise<Resource> {
  // `process` of this thread describes the thread. Only the detectors read the properties here.
  Object.assign(process, program)
  // In the package, the build puts this module into the program of the thread.
  const resources = await import('@opentelemetry/resources')
  const { defaultResource, resourceFromAttributes, detectResources, envDetector } = resources
  const places = packagePlaces(program.argv[1])
  const detectors = loadDetectors({ given, own: resources, places, onMissing: onWarning })
  const resource = defaultResource()
    .merge(
      resourceFromAttributes({
        'service.instance.id': instanceId,
        ...(nodeName === undefined ? {} : { 'k8s.node.name': nodeName }),
      }),
    )
    .merge(detectResources({ detectors: [...(detectors as ResourceDetector[]), envDetector] }))
  if (await areSettled(resource)) return resource
  const names = detectorNames(given).join(', ')
  onWarning(
    coded(
      'GPE_RESOURCE_DETECTORS',
      `the resource detectors (${names}) did not end within ${pushLimits.resourceTimeoutMs} ms: ` +
        'attributes are missing',
    ),
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
async function settledAttributes(resource: Resource): Promise<DetectedResourceAttributes> {
  const entries = await Promise.all(
    resource.getRawAttributes().map(async ([key, value]) => {
      const settled = await withTimeLimit(Promise.resolve(value), 0)
      return settled === late || settled === undefined ? [] : [[key, settled] as const]
    }),
  )
  return Object.fromEntries(entries.flat().reverse())
}
