/**
 * The adapter of a web framework: where the framework keeps the route template and the error of a
 * request. All members but `name` are optional. No member may change what the application does.
 */
export interface Framework {
  readonly name: string
  /**
   * The template of a pointer that the adapter stored with `storeRoute`. Runs once, at the end of
   * the request, also for successes: a getter or a property read is fine, a new text is not.
   * @returns undefined if no route matched. An error counts as a fault.
   */
  readonly templateOf?: (pointer: unknown, request: object) => string | undefined
  /** The error of a pointer, if the framework keeps the error itself. */
  readonly errorOf?: (pointer: unknown, request: object) => unknown
  /** For a framework that needs no hook, because it adds fields to the request or the response. */
  readonly fields?: FieldReader
  /** Runs once, before the application loads. For diagnostics channels. Must be cheap. */
  readonly subscribe?: () => void
  /** CommonJS modules, patched when a server starts to listen. */
  readonly modules?: readonly ModulePatch[]
  /**
   * Gets each listener of a server's requests when the server starts to listen. For bundles: an
   * application that is a listener leads to its classes. An error counts as a fault.
   */
  readonly listener?: (listener: unknown) => void
  /** Modules, changed when they load. Needs Node 22.22.3 or 24.12. */
  readonly sources?: readonly SourceChange[]
  /** Takes the calls that `sources` adds. An error counts as a fault. */
  readonly onCall?: (...values: unknown[]) => void
}

export interface FieldReader {
  /** Runs at the end of each request without another route. The miss must be cheap. */
  readonly templateOf?: (request: object) => string | undefined
  readonly errorOf?: (request: object, response: object) => unknown
}

export interface ModulePatch {
  /** The path below `node_modules`, with slashes: `koa/lib/application.js`. */
  readonly file: string
  /** Changes a prototype or an exported object. Use `wrapMethod`. An error counts as a fault. */
  readonly patch: (exports: unknown) => void
}

export interface SourceChange {
  /** The package that must be installed near the program: else no hook is made. */
  readonly package: string
  /**
   * The path below `node_modules`, with slashes. A path with a slash at the end means each file of
   * the folder without a `SourceChange` of its own: bundlers name files by their content.
   */
  readonly file: string
  /**
   * Returns the source unchanged if the source is not as expected. An unchanged file counts as a
   * fault, unless `file` is a folder. Use `callText`.
   */
  readonly change: (source: string) => string
}
