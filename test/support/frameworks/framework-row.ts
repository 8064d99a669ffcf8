/*
 * The data of the matrix of frameworks. A test file declares one row per framework and hands the
 * row to `frameworkMatrix`.
 */

/**
 * How the application reaches Node:
 *   cjs, esm             CommonJS, ES modules
 *   ts                   TypeScript whose types Node strips
 *   tsx                  TypeScript that tsx compiles
 *   bundle, bundle-esm   a minified bundle of esbuild, with the framework inside
 */
export type Form = 'cjs' | 'esm' | 'ts' | 'tsx' | 'bundle' | 'bundle-esm'

export interface FrameworkRow {
  readonly framework: string
  /**
   * One file below test/fixtures: `.cjs` with `require` at the start of lines only, or `.mjs`. The
   * file starts the primary and two workers, listens on PORT, prints `listening` once per worker,
   * and ends with 0 after SIGTERM.
   */
  readonly app: string
  /** The oldest and the newest supported version of each major version, the newest last. */
  readonly versions: readonly FrameworkVersion[]
  readonly requests: readonly ExpectedRequest[]
  /** Forms of the newest version. Older versions run in the first form. Default: `['cjs']`. */
  readonly forms?: readonly Form[]
  /** Packages that the application imports, by the name in the file. Default: as in the file. */
  readonly imports?: Readonly<Record<string, string>>
  /** Modules that a bundle leaves out, for example optional ones. */
  readonly external?: readonly string[]
  /** Variables of the application. */
  readonly env?: Readonly<Record<string, string>>
}

export interface FrameworkVersion {
  /** Exact versions by package. The framework is the first package. */
  readonly packages: Readonly<Record<string, string>>
  /** Runs in `npm run test:frameworks` only. */
  readonly slow?: true
  /** The oldest Node that the version or its adapter needs, for example `22.15`. */
  readonly node?: string
  /** The oldest Node on which the version does not load. */
  readonly nodeBelow?: string
  /** A part of the responses that differs between equal requests, such as an id. */
  readonly varying?: RegExp
  /** The requests of this version. Default: the requests of the row. */
  readonly requests?: readonly ExpectedRequest[]
}

export interface ExpectedRequest {
  /** What the path shows: nested, mounted, catch-all, thrown, validation error. */
  readonly title: string
  readonly method?: string
  readonly path: string
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly status: number
  /** The label `http_route`. `undefined`: the series has no such label. */
  readonly route: string | undefined
  /** The label `error_type` of an error that the framework turned into the response. */
  readonly error?: string
  /** `error` in a minified bundle, where a class without an own `name` loses its name. */
  readonly bundledError?: string
  /** The response has several chunks: its counted size includes their framing. */
  readonly isStreamed?: true
}
