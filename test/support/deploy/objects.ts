/** The parts of Kubernetes's objects that tests read. */
export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly labels?: Labels }
  readonly spec?: Spec
  readonly data?: Readonly<Record<string, string>>
}

export type Labels = Readonly<Record<string, string>>

interface Spec {
  readonly replicas?: number
  readonly selector?: { readonly matchLabels?: Labels } | Labels
  readonly podSelector?: { readonly matchLabels: Labels }
  readonly template?: Template
  readonly ports?: readonly { readonly name: string; readonly targetPort: string }[]
  readonly podMetricsEndpoints?: readonly MonitorEndpoint[]
  readonly endpoints?: readonly MonitorEndpoint[]
  readonly ingress?: readonly PolicyRule[]
  readonly egress?: readonly PolicyRule[]
  readonly groups?: readonly unknown[]
}

interface PolicyRule {
  readonly to?: readonly { readonly podSelector?: { readonly matchLabels?: Labels } }[]
  readonly ports?: readonly { readonly port: number | string }[]
}

interface MonitorEndpoint {
  readonly port: string
  readonly scheme?: string
  readonly honorLabels?: boolean
  readonly tlsConfig?: { readonly ca: { readonly secret: { readonly name: string } } }
  readonly basicAuth?: Readonly<Record<'username' | 'password', { readonly name: string }>>
}

export interface Template {
  readonly metadata: { readonly labels: Labels; readonly annotations?: Labels }
  readonly spec: PodSpec
}

export interface PodSpec {
  readonly automountServiceAccountToken?: boolean
  readonly terminationGracePeriodSeconds?: number
  readonly securityContext?: {
    readonly runAsNonRoot?: boolean
    readonly runAsUser?: number
    readonly fsGroup?: number
    readonly seccompProfile?: { readonly type: string }
  }
  readonly hostNetwork?: boolean
  readonly containers: readonly Container[]
  readonly volumes?: readonly Volume[]
  readonly topologySpreadConstraints?: readonly {
    readonly labelSelector: { readonly matchLabels: Labels }
  }[]
}

export interface Volume {
  readonly name: string
  readonly secret?: {
    readonly secretName: string
    readonly defaultMode?: number
    readonly items?: readonly { readonly key: string; readonly path: string }[]
  }
  readonly emptyDir?: { readonly medium?: string; readonly sizeLimit?: string }
}

export interface Container {
  readonly name: string
  readonly image: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly ports?: readonly { readonly containerPort: number; readonly name: string }[]
  readonly env?: readonly EnvironmentEntry[]
  readonly livenessProbe?: Probe
  readonly readinessProbe?: Probe
  readonly startupProbe?: Probe
  readonly resources?: {
    readonly requests?: Labels
    readonly limits?: Labels
  }
  readonly securityContext?: {
    readonly allowPrivilegeEscalation?: boolean
    readonly readOnlyRootFilesystem?: boolean
    readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] }
  }
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[]
}

export interface EnvironmentEntry {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: {
    readonly fieldRef?: { readonly fieldPath: string }
    readonly secretKeyRef?: {
      readonly name: string
      readonly key: string
      readonly optional?: boolean
    }
  }
}

export interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string; readonly scheme?: string }
  readonly tcpSocket?: { readonly port: string }
  readonly periodSeconds?: number
  readonly failureThreshold?: number
}

/** The objects with pods. */
export function workloadsIn(
  objects: readonly KubernetesObject[],
): (KubernetesObject & { readonly spec: Spec & { readonly template: Template } })[] {
  return objects.flatMap(({ spec, ...object }) =>
    spec?.template ? [{ ...object, spec: { ...spec, template: spec.template } }] : [],
  )
}

/** Whether a pod has all labels of a selector. */
export function matches(selector: Labels | undefined, labels: Labels): boolean {
  const entries = Object.entries(selector ?? {})
  return entries.length > 0 && entries.every(([name, value]) => labels[name] === value)
}

export function templatesIn(objects: readonly KubernetesObject[]): Template[] {
  return workloadsIn(objects).map(({ spec }) => spec.template)
}

export function containersIn(objects: readonly KubernetesObject[]): Container[] {
  return templatesIn(objects).flatMap(({ spec }) => spec.containers)
}

export function portsOf({ ports = [] }: Container): NonNullable<Container['ports']> {
  return ports
}
