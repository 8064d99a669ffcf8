import { type KubernetesObject, matches, type Template, workloadsIn } from './objects.ts'

const protections = ['PROMETHEUS_SSL_CERTFILE', 'PROMETHEUS_AUTH_PASSWORD_FILE']

/** Applications that open the page without its protection, once their sidecar is away. */
export function unprotectedFaults(objects: readonly KubernetesObject[]): string[] {
  return workloadsIn(objects).flatMap(({ metadata, spec: { template } }) => {
    const containers = template.spec.containers.map(({ name, env = [] }) => ({
      name,
      variables: new Map(env.map((each) => [each.name, each.value])),
    }))
    const isProtected = (variables: ReadonlyMap<string, unknown>): boolean =>
      protections.some((name) => variables.has(name))
    if (!containers.some(({ variables }) => isProtected(variables))) return []
    return containers
      .filter(({ variables }) => !isProtected(variables))
      .filter(({ variables }) => variables.get('SIDECAR_MODE') !== 'true')
      .map(({ name }) => `${metadata.name}: ${name} can open the page`)
  })
}

/** Rules of egress to a port that no container of the wanted pods has. */
export function egressFaults(objects: readonly KubernetesObject[]): string[] {
  const templates = workloadsIn(objects).map(({ spec }) => spec.template)
  return objects.flatMap(({ kind, metadata, spec }) => {
    if (kind !== 'NetworkPolicy') return []
    return (spec?.egress ?? []).flatMap(({ to = [], ports = [] }) => {
      const open = to.flatMap(({ podSelector }) =>
        templates
          .filter((template) => matches(podSelector?.matchLabels, template.metadata.labels))
          .flatMap(portsOf),
      )
      const closed = ports.filter(({ port }) => open.length > 0 && !open.includes(port))
      return closed.map(({ port }) => `${metadata.name}: no pod listens on ${port}`)
    })
  })
}

function portsOf({ spec }: Template): (number | string)[] {
  return spec.containers.flatMap(({ ports = [] }) =>
    ports.flatMap(({ containerPort, name }) => [containerPort, name]),
  )
}
