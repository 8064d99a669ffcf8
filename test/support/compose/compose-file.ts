import { spawnSync } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { fetched, succeeds, type Tool } from '../tools.ts'

/** The folder of the compose files. */
export const composeFolder: string = join(import.meta.dirname, '../../../deploy/compose')

export interface Service {
  readonly image: string
  readonly build?: {
    readonly context: string
    readonly dockerfile: string
    readonly target?: string
  }
  readonly pull_policy?: string
  readonly command: readonly string[] | null
  readonly environment?: Readonly<Record<string, string>>
  readonly user?: string
  readonly read_only?: boolean
  readonly cap_drop?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly mem_limit?: string
  readonly cpus?: number
  readonly tmpfs?: readonly string[]
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly ports?: readonly { readonly host_ip?: string; readonly target: number }[]
  readonly volumes?: readonly {
    readonly type: string
    readonly source: string
    readonly target: string
    readonly read_only?: boolean
  }[]
}

export type Services = Readonly<Record<string, Service>>

/** The library of Docker Compose that loads files, as a command. Go builds the command once. */
export function composeChecker(): Tool {
  const folder = join(import.meta.dirname, 'checker')
  const path = fetched('compose-checker-2.16.2', 'compose-checker', (directory) => {
    for (const file of ['main.go', 'go.mod', 'go.sum']) {
      copyFileSync(join(folder, file), join(directory, file))
    }
    return succeeds('go', ['build', '-o', 'compose-checker', '.'], directory)
  })
  if (path !== undefined) return { path }
  return { missing: 'Go 1.25 or later, or a proxy of its modules, is missing for compose-checker.' }
}

/** Loads a file as Docker Compose does. @throws with the message of Compose. */
export function loadCompose(
  checker: string,
  file: string,
  env: Readonly<Record<string, string>> = {},
): Services {
  const { status, stdout, stderr } = spawnSync(checker, [join(composeFolder, file)], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...env },
  })
  if (status !== 0) throw new Error(stderr)
  return (JSON.parse(stdout) as { readonly services: Services }).services
}
