import { settings } from '../../../src/config/table.ts'
import { version } from '../../../src/model/version.ts'
import { containersIn, type KubernetesObject, portsOf, templatesIn } from './objects.ts'

/* What each container, and each pod around the containers, must have. */

const ofApplication = ['PORT', 'NODE_NAME']

export function variableFaults(objects: readonly KubernetesObject[]): string[] {
  const known = new Set([...ofApplication, ...settings.flatMap(({ env }) => env)])
  return containersIn(objects).flatMap(({ env = [] }) => {
    const names = env.map(({ name }) => name)
    const unknown = names.filter((name) => !known.has(name)).map((name) => `unknown: ${name}`)
    const twice = names.filter((name, index) => names.indexOf(name) !== index)
    return [...unknown, ...twice.map((name) => `twice: ${name}`)]
  })
}

export function imageFaults(objects: readonly KubernetesObject[]): string[] {
  return containersIn(objects)
    .map(({ image }) => image)
    .filter((image) => image.includes('gunicorn') && !image.endsWith(`:${version}`))
}

export function securityFaults(objects: readonly KubernetesObject[]): string[] {
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

export function probeFaults(objects: readonly KubernetesObject[]): string[] {
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

export function resourceFaults(objects: readonly KubernetesObject[]): string[] {
  return containersIn(objects)
    .filter(({ resources: { requests, limits } = {} }) => {
      const hasAll = requests?.['cpu'] && requests['memory'] && limits?.['memory']
      // A limit of CPU would stop a scrape in its middle.
      return !hasAll || limits?.['cpu'] !== undefined
    })
    .map(({ name }) => name)
}
