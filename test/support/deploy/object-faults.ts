import { settings } from '../../../src/config/table.ts'
import { version } from '../../../src/model/version.ts'
import {
  type Container,
  type KubernetesObject,
  type Labels,
  matches,
  type Template,
  workloadsIn,
} from './objects.ts'
import { egressFaults, unprotectedFaults } from './pod-faults.ts'

type Faults = (objects: readonly KubernetesObject[]) => readonly string[]

/** What schemas cannot say, by title. Each function returns its faults. */
export const objectFaults: Readonly<Record<string, Faults>> = {
  'selectors of workloads, services and policies match pods': selectorFaults,
  'ports with a name exist': portFaults,
  'each page is scraped in exactly one way': scrapeFaults,
  'each mount has a volume, and each volume a mount': volumeFaults,
  'each variable is a setting, or a variable of the application': variableFaults,
  'the images of the package have its version': imageFaults,
  'the pods fit into restricted Pod Security': securityFaults,
  'no probe of the application asks the exporter': probeFaults,
  'each container has measured requests and a limit of memory': resourceFaults,
  'Secrets are documented': secretFaults,
  'no application opens a page without the protection of its sidecar': unprotectedFaults,
  'policies open ports on which pods listen': egressFaults,
}

const documentedSecrets = ['metrics-tls', 'metrics-credentials', 'redis', 'redis-ca']
const ofApplication = ['PORT', 'NODE_NAME']

function templatesIn(objects: readonly KubernetesObject[]): Template[] {
  return workloadsIn(objects).map(({ spec }) => spec.template)
}

function selectorFaults(objects: readonly KubernetesObject[]): string[] {
  const templates = templatesIn(objects)
  const count = (selector: Labels | undefined): number =>
    templates.filter(({ metadata }) => matches(selector, metadata.labels)).length
  const single = objects.flatMap((object) => {
    const { kind, spec, metadata } = object
    const selector = selectorOf(object)
    const found = spec?.template
      ? Number(matches(selector, spec.template.metadata.labels))
      : count(selector)
    const isWrong = selector !== undefined && found !== 1
    return isWrong ? [`${kind} ${metadata.name} selects ${found}`] : []
  })
  const spreads = templates.flatMap(({ metadata, spec }) =>
    (spec.topologySpreadConstraints ?? []).filter(
      ({ labelSelector }) => !matches(labelSelector.matchLabels, metadata.labels),
    ),
  )
  return [...single, ...spreads.map(() => 'a spread constraint selects other pods')]
}

function selectorOf({ kind, spec }: KubernetesObject): Labels | undefined {
  if (kind === 'NetworkPolicy') return spec?.podSelector?.matchLabels
  const { selector } = spec ?? {}
  if (kind === 'Service') return selector as Labels
  // A ServiceMonitor selects Services.
  return kind === 'ServiceMonitor' ? undefined : (selector?.['matchLabels'] as Labels | undefined)
}

function portFaults(objects: readonly KubernetesObject[]): string[] {
  return objects.flatMap((object) => {
    const { kind, spec, metadata } = object
    const names = portNames(objects, selectorOf(object))
    const wanted =
      kind === 'Service'
        ? (spec?.ports ?? []).map(({ targetPort }) => targetPort)
        : (spec?.podMetricsEndpoints ?? []).map(({ port }) => port)
    const policy = (spec?.ingress ?? []).flatMap(({ ports = [] }) => ports.map(({ port }) => port))
    return [...wanted, ...policy]
      .filter((port) => !names.includes(String(port)))
      .map((port) => `${kind} ${metadata.name} names the port ${port}`)
  })
}

function portNames(objects: readonly KubernetesObject[], selector: Labels | undefined): string[] {
  const templates = templatesIn(objects).filter(({ metadata }) =>
    matches(selector, metadata.labels),
  )
  return templates.flatMap(({ spec }) => spec.containers.flatMap(portsOf).map(({ name }) => name))
}

function portsOf({ ports = [] }: Container): NonNullable<Container['ports']> {
  return ports
}

/** The ways in which Prometheus finds the page of a pod. */
export function scrapesOf(
  objects: readonly KubernetesObject[],
  { metadata, spec }: Template,
): string[] {
  const hasPage = spec.containers.flatMap(portsOf).some(({ name }) => name === 'metrics')
  const byPod = objects.filter(
    (object) => object.kind === 'PodMonitor' && matches(selectorOf(object), metadata.labels),
  )
  const services = objects.filter(
    (object) => object.kind === 'Service' && matches(selectorOf(object), metadata.labels),
  )
  const byService = services.flatMap((service) =>
    objects.filter(
      ({ kind, spec: monitor }) =>
        kind === 'ServiceMonitor' &&
        matches(monitor?.selector?.['matchLabels'] as Labels, service.metadata.labels ?? {}) &&
        monitor?.endpoints?.some(({ port }) =>
          service.spec?.ports?.some(({ name }) => name === port),
        ),
    ),
  )
  const annotated = metadata.annotations?.['prometheus.io/scrape'] === 'true' ? ['annotations'] : []
  const ways = [...byPod, ...byService].map(({ kind }) => kind)
  return hasPage
    ? [...ways, ...annotated]
    : [...ways, ...annotated].map((way) => `${way} of no page`)
}

function scrapeFaults(objects: readonly KubernetesObject[]): string[] {
  const ways = templatesIn(objects).map((template) => ({
    hasPage: template.spec.containers.flatMap(portsOf).some(({ name }) => name === 'metrics'),
    scrapes: scrapesOf(objects, template),
  }))
  const isUnwatched = ways.every(({ scrapes }) => scrapes.length === 0)
  // `monitoring.by: none` leaves the choice to the operator of Prometheus.
  if (isUnwatched) return []
  return ways
    .filter(({ hasPage, scrapes }) => scrapes.length !== Number(hasPage))
    .map(({ scrapes }) => `scraped by ${scrapes.join(' and ') || 'nobody'}`)
}

function volumeFaults(objects: readonly KubernetesObject[]): string[] {
  return templatesIn(objects).flatMap(({ spec: { containers, volumes = [] } }) => {
    const names = new Set(volumes.map(({ name }) => name))
    const mounted = containers.flatMap(({ volumeMounts = [] }) =>
      volumeMounts.map(({ name }) => name),
    )
    const lost = mounted.filter((name) => !names.has(name))
    const idle = [...names].filter((name) => !mounted.includes(name))
    return [
      ...lost.map((name) => `no volume ${name}`),
      ...idle.map((name) => `no mount of ${name}`),
    ]
  })
}

function variableFaults(objects: readonly KubernetesObject[]): string[] {
  const known = new Set([...ofApplication, ...settings.flatMap(({ env }) => env)])
  return containersIn(objects).flatMap(({ env = [] }) => {
    const names = env.map(({ name }) => name)
    const unknown = names.filter((name) => !known.has(name)).map((name) => `unknown: ${name}`)
    const twice = names.filter((name, index) => names.indexOf(name) !== index)
    return [...unknown, ...twice.map((name) => `twice: ${name}`)]
  })
}

function containersIn(objects: readonly KubernetesObject[]): Container[] {
  return templatesIn(objects).flatMap(({ spec }) => spec.containers)
}

function imageFaults(objects: readonly KubernetesObject[]): string[] {
  return containersIn(objects)
    .map(({ image }) => image)
    .filter((image) => image.includes('gunicorn') && !image.endsWith(`:${version}`))
}

function securityFaults(objects: readonly KubernetesObject[]): string[] {
  return templatesIn(objects).flatMap(({ spec }) => {
    const { securityContext: pod } = spec
    const checks: Record<string, boolean | undefined> = {
      runAsNonRoot: pod?.runAsNonRoot,
      runAsUser: (pod?.runAsUser ?? 0) > 0,
      seccompProfile: pod?.seccompProfile?.type === 'RuntimeDefault',
      token: spec.automountServiceAccountToken === false,
      network: spec.hostNetwork !== true,
    }
    const ofPod = Object.keys(checks).filter((name) => checks[name] !== true)
    return [
      ...ofPod,
      ...spec.containers.flatMap(({ securityContext, name }) => {
        const { capabilities } = securityContext ?? {}
        const isRestricted =
          securityContext?.allowPrivilegeEscalation === false &&
          securityContext.readOnlyRootFilesystem === true &&
          capabilities?.drop?.join() === 'ALL' &&
          capabilities.add === undefined
        return isRestricted ? [] : [name]
      }),
    ]
  })
}

function probeFaults(objects: readonly KubernetesObject[]): string[] {
  return containersIn(objects).flatMap((container) => {
    const { name, livenessProbe, readinessProbe, startupProbe } = container
    const probes = [livenessProbe, readinessProbe, startupProbe].flatMap((each) => each ?? [])
    const ports = probes.map(({ httpGet, tcpSocket }) => (httpGet ?? tcpSocket)?.port ?? '')
    const unknown = ports.filter((port) => !portsOf(container).some((each) => each.name === port))
    const isWrong = name === 'app' && ports.includes('metrics')
    // A page of many series takes a while: the kubelet waits two minutes.
    const seconds = (livenessProbe?.periodSeconds ?? 0) * (livenessProbe?.failureThreshold ?? 0)
    return [
      ...unknown.map((port) => `${name}: a probe of ${port}`),
      ...(isWrong ? [`${name} asks the exporter`] : []),
      ...(seconds < 120 ? [`${name} dies after ${seconds} s`] : []),
    ]
  })
}

function resourceFaults(objects: readonly KubernetesObject[]): string[] {
  return containersIn(objects)
    .filter(({ resources: { requests, limits } = {} }) => {
      const hasAll = requests?.['cpu'] && requests['memory'] && limits?.['memory']
      // A limit of CPU would stop a scrape in its middle.
      return !hasAll || limits?.['cpu'] !== undefined
    })
    .map(({ name }) => name)
}

function secretFaults(objects: readonly KubernetesObject[]): string[] {
  const ofVolumes = templatesIn(objects).flatMap(({ spec: { volumes = [] } }) =>
    volumes.flatMap(({ secret }) => secret?.secretName ?? []),
  )
  const ofVariables = containersIn(objects).flatMap(({ env = [] }) =>
    env.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef?.name ?? []),
  )
  const ofMonitors = objects.flatMap(({ spec }) =>
    [...(spec?.podMetricsEndpoints ?? []), ...(spec?.endpoints ?? [])].flatMap(
      ({ tlsConfig, basicAuth }) => [
        ...(tlsConfig ? [tlsConfig.ca.secret.name] : []),
        ...(basicAuth ? [basicAuth.username.name, basicAuth.password.name] : []),
      ],
    ),
  )
  const all = [...ofVolumes, ...ofVariables, ...ofMonitors]
  return all.filter((name) => !documentedSecrets.includes(name))
}
