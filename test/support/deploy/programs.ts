import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { isRecord } from '../../../src/support/guards.ts'
import { builtByGo, type GoModule } from '../go-tool.ts'
import { succeeds, type Tool } from '../tools.ts'

/** Helm. */
export const helmModule: GoModule = {
  name: 'helm',
  version: 'v4.3.2',
  packages: ['helm.sh/helm/v4/cmd/helm'],
}

/** Kustomize, for machines without kubectl. */
export const kustomizeModule: GoModule = {
  name: 'kustomize',
  version: 'v5.8.3',
  packages: ['sigs.k8s.io/kustomize/kustomize/v5'],
}

const operator = 'github.com/prometheus-operator/prometheus-operator@v0.85.0'
const knative = 'knative.dev/serving@v0.46.0'

export function helm(): Tool {
  const directory = builtByGo(helmModule)
  if (directory !== undefined) return { path: join(directory, 'helm') }
  return { missing: `Go cannot build Helm ${helmModule.version} (https://go.dev/dl).` }
}

/** Whether this machine renders with kubectl. */
export function hasKubectl(): boolean {
  return succeeds('kubectl', ['kustomize', '--help'])
}

/** The command that renders a folder of Kustomize, without the folder. */
export function kustomize():
  | { readonly command: readonly string[] }
  | { readonly missing: string } {
  if (hasKubectl()) return { command: ['kubectl', 'kustomize'] }
  const directory = builtByGo(kustomizeModule)
  if (directory !== undefined) return { command: [join(directory, 'kustomize'), 'build'] }
  return { missing: 'kubectl is missing, and Go cannot build Kustomize (https://go.dev/dl).' }
}

/** The folder with the schemas of the Prometheus operator. */
export function operatorSchemas(): Tool {
  return folderOf(operator, 'example/prometheus-operator-crd')
}

/** The folder with the schemas of Knative, whose API Cloud Run has. */
export function knativeSchemas(): Tool {
  return folderOf(knative, 'config/core/300-resources')
}

/** A folder of a Go module. */
function folderOf(module: string, folder: string): Tool {
  const options = { encoding: 'utf8', timeout: 10 * 60_000 } as const
  const { status, stdout } = spawnSync('go', ['mod', 'download', '-json', module], options)
  const answer: unknown = status === 0 ? JSON.parse(stdout) : undefined
  const directory = isRecord(answer) ? answer['Dir'] : undefined
  if (typeof directory === 'string') return { path: join(directory, folder) }
  return { missing: `Go cannot download ${module} (https://go.dev/dl).` }
}
