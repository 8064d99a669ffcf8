import {
  containersIn,
  type KubernetesObject,
  type Labels,
  matches,
  portsOf,
  type Template,
  templatesIn,
} from './objects.ts'

/* Names and labels by which objects refer to other objects. */

const documentedSecrets = ['metrics-tls', 'metrics-credentials', 'redis', 'redis-ca']

export function selectorFaults(objects: readonly KubernetesObject[]): string[] {
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

export function portFaults(objects: readonly KubernetesObject[]): string[] {
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

export function scrapeFaults(objects: readonly KubernetesObject[]): string[] {
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

export function volumeFaults(objects: readonly KubernetesObject[]): string[] {
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

export function secretFaults(objects: readonly KubernetesObject[]): string[] {
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
