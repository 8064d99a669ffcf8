import { existsSync, realpathSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { NamedPaths } from '../../support/process/named-paths.ts'

export interface InvocationOptions {
  /** The directory in which the command started, by its name. */
  readonly start: string
  /** The working directory of the application, by its name. */
  readonly directory: string
  /** The application's main file, as given. */
  readonly app: string
  /** The links of the command line, as they were at the start of this process. */
  readonly names: NamedPaths
  /** Where this package was loaded from. */
  readonly ownDirectory: string
}

const preloads = ['register.cjs', 'agent.cjs'] as const

/** The paths of a command line. A link in a path can lead to another release later. */
export class Invocation {
  readonly #options: InvocationOptions

  constructor(options: InvocationOptions) {
    this.#options = options
  }

  get start(): string {
    return this.#options.start
  }

  get directory(): string {
    return this.#options.directory
  }

  get app(): string {
    return resolve(this.#options.directory, this.#options.app)
  }

  /** The arguments that start this program again, from the program on. */
  argumentsOf([program = '', ...args]: readonly string[]): string[] {
    return [this.#options.names.named(program), ...args]
  }

  /** A program, such as Node.js, in the current release. */
  existing(path: string): string {
    return this.#options.names.existing(path)
  }

  /** The files of this package that a worker loads before the application. */
  preloads(): string[] {
    const own = this.#options.ownDirectory
    const candidates = [this.#options.names.named(own), ...this.#installed(), own]
    const directory = candidates.find(isPackage) ?? own
    return preloads.map((file) => join(directory, file))
  }

  /** Where the application finds this package: package managers name directories by versions. */
  #installed(): string[] {
    const found: string[] = []
    try {
      let directory = dirname(realpathSync(this.app))
      for (; directory !== dirname(directory); directory = dirname(directory)) {
        found.push(join(directory, 'node_modules/gunicorn-prometheus-exporter/dist'))
      }
    } catch {
      // The application is gone: its fork fails, and the log tells why.
    }
    return found
  }
}

function isPackage(directory: string): boolean {
  return preloads.every((file) => existsSync(join(directory, file)))
}
