import type { Packages } from '../frameworks/installed-packages.ts'

/**
 * A program of another project, or the example of its documentation. The program serves under
 * `run` as in plain Node.js, and its shutdown runs as in plain Node.js.
 */
export interface ProgramRow {
  readonly program: string
  /** Exact versions by package. */
  readonly packages: Packages
  /** Versions of packages below the packages, where the packages name an unusable version. */
  readonly overrides?: Packages
  /** A file below test/fixtures/frameworks/programs, or a file below `node_modules`. */
  readonly app: string
  readonly args?: (place: Place) => readonly string[]
  readonly env?: (place: Place) => Readonly<Record<string, string>>
  /** Files beside the program, as names in the working directory and below the fixtures. */
  readonly files?: Readonly<Record<string, string>>
  /** Writes files of the program into the empty working directory. */
  readonly prepare?: (place: Omit<Place, 'port'>) => Promise<void>
  /** Default: `/`. */
  readonly path?: string
  /** A path with an answer after a moment. Without it, the load has only fast requests. */
  readonly slowPath?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly protocol?: 'HTTP/1' | 'h2c'
  /** A path for WebSockets that the load keeps open and opens again after each end. */
  readonly socketPath?: string
  /** The name of a unix socket in the working directory, instead of the port. */
  readonly socketFile?: string
  /** Texts that the program writes during its shutdown, to stdout or stderr. */
  readonly hooks: readonly RegExp[]
  /** Lines of the program's stderr that have nothing to do with the shutdown. */
  readonly noise?: RegExp
}

/** Where a program runs. */
export interface Place {
  readonly port: number
  /** The working directory. */
  readonly directory: string
  /** The directory with `node_modules`. */
  readonly installed: string
}
