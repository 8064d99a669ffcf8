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
  const options = { encoding: 'utf8', timeout: 10 * 60_000 } as const
  const { status, stdout } = spawnSync('go', ['mod', 'download', '-json', operator], options)
  const answer: unknown = status === 0 ? JSON.parse(stdout) : undefined
  const directory = isRecord(answer) ? answer['Dir'] : undefined
  if (typeof directory === 'string') {
    return { path: join(directory, 'example/prometheus-operator-crd') }
  }
  return { missing: `Go cannot download ${operator} (https://go.dev/dl).` }
}
