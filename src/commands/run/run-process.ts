import cluster from 'node:cluster'
import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { setVariables } from '../../config/environment.ts'
import type { Environment } from '../../config/resolve/resolved.ts'
import { redacted } from '../../log/redact.ts'
import { Invocation } from '../../master/process/invocation.ts'
import type { RunSettings } from '../../master/settings/run-settings.ts'
import { codedError } from '../../model/errors/coded-error.ts'
import { type Owner, workerOwnerOf } from '../../support/process/accounts.ts'
import { NamedPaths } from '../../support/process/named-paths.ts'
import { RunVariables } from './run-variables.ts'

/** The directory, the variables and the identity of the processes that `run` starts. */
export class RunProcess {
  readonly #variables = new RunVariables(process.execArgv)
  readonly #names: NamedPaths
  #fromNode: Readonly<Record<string, string>> = {}
  #settings: RunSettings
  #invocation: Invocation

  /** @throws when the application is missing. */
  constructor(settings: RunSettings) {
    const { start, directory, app } = settings
    const [, program = ''] = process.argv
    const main = resolve(directory, app)
    this.#names = new NamedPaths([start, directory, dirname(main), dirname(program)])
    this.#settings = settings
    this.#invocation = invocationOf(settings, this.#names)
    this.#variables.add(settings.variables)
    this.#prepare(workerOwnerOf(settings.exporter))
  }

  /** The application's main file, through the links of the command line. */
  get app(): string {
    return this.#invocation.app
  }

  get invocation(): Invocation {
    return this.#invocation
  }

  /** Names of variables that a successor reads again from the command line and files. */
  get variableNames(): readonly string[] {
    return [...Object.keys(this.#settings.environment), ...this.#variables.names]
  }

  /**
   * Enters the directory of the start, which can be a link to another release by now.
   * @returns the variables of this process, as if the process started now.
   * @throws when the directory is gone, or a file with variables.
   */
  startAgain(): Environment {
    const { start } = this.#invocation
    process.chdir(start)
    const { others, fromNode } = this.#variables.readAgain()
    this.#fromNode = fromNode
    return { ...fromNode, ...others, PWD: start }
  }

  /**
   * Uses new settings for the next forks.
   * @throws when the application or the user is missing. Then, nothing has changed.
   */
  accept(settings: RunSettings): void {
    const owner = workerOwnerOf(settings.exporter)
    this.#invocation = invocationOf(settings, this.#names)
    this.#settings = settings
    this.#variables.replace({ ...this.#fromNode, ...settings.variables })
    this.#prepare(owner)
  }

  /** Goes back to the working directory after a refused reload. */
  refuse(): void {
    try {
      process.chdir(this.#invocation.directory)
    } catch {
      // The directory is gone. Forks fail until the next reload, and the log tells why.
    }
  }

  #prepare(owner: Owner | undefined): void {
    const { args, environment: variables, exporter } = this.#settings
    const { app, directory } = this.#invocation
    setVariables({ ...variables, PWD: directory })
    if (exporter.umask !== undefined) process.umask(exporter.umask)
    const files = this.#invocation.preloads().flatMap((file) => ['--require', file])
    cluster.setupPrimary({
      exec: app,
      args: [...args],
      cwd: directory,
      execArgv: [...process.execArgv, ...files],
      ...(owner ? { uid: owner.uid, gid: owner.gid } : {}),
    })
  }
}

function invocationOf({ start, directory, app }: RunSettings, names: NamedPaths): Invocation {
  const ownDirectory = import.meta.dirname
  const invocation = new Invocation({ start, directory, app, names, ownDirectory })
  if (existsSync(invocation.app)) return invocation
  // The argument can be the URL of a mistyped option, with a password.
  const shown = redacted(app)
  throw codedError(
    'GPE_NO_APPLICATION',
    `${shown === app ? invocation.app : shown} does not exist.`,
  )
}
