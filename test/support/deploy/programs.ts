import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { succeeds, type Tool } from '../tools.ts'

/** A program that deploy/programs.sh builds, or what is missing. */
export function built(name: 'helm' | 'kustomize' | 'operator'): Tool {
  const script = join(import.meta.dirname, '../../../deploy/programs.sh')
  const options = { encoding: 'utf8', timeout: 30 * 60_000 } as const
  const { status, stdout, stderr } = spawnSync('bash', [script, name], options)
  if (status === 0) return { path: stdout.trim() }
  return { missing: `deploy/programs.sh ${name} printed: ${stderr.trim().split('\n').at(-1)}` }
}

/** The command that renders a folder of Kustomize, without the folder. */
export function kustomize():
  | { readonly command: readonly string[] }
  | { readonly missing: string } {
  if (succeeds('kubectl', ['kustomize', '--help'])) return { command: ['kubectl', 'kustomize'] }
  const tool = built('kustomize')
  return 'missing' in tool ? tool : { command: [tool.path, 'build'] }
}
