/** Bounds of the adapters of web frameworks, each with its unit. */
export const frameworkLimits = {
  /** CommonJS modules among which a framework is looked for; the latest count. */
  scannedModules: 50_000,
  /** Folders above the program in which a package is looked for. */
  searchedFolders: 12,
  /** Layers of Express that one search for a route visits. */
  searchedLayers: 20_000,
  /** Routers of Express inside each other. */
  routerDepth: 16,
  /** Depth of applications of Hono inside applications. */
  applicationDepth: 16,
  /** Prefixes of mounts under which one route of Koa is named. */
  mountPrefixes: 16,
  /** Places of a path at which the exporter looks for the prefix of a mount of Koa. */
  mountPlaces: 16,
  /**
   * Templates of a process behind mounts whose template h3 1 and tRPC do not show, beyond the
   * first mount of each route or router. Later templates have no prefix.
   */
  unknownMounts: 50,
  /** Characters of a path in which the exporter looks for parameters of a mount of Express. */
  probedChars: 256,
  /** Templates of one mount of Express. A mount with several paths has several templates. */
  layerTemplates: 16,
  /** Depth of errors of GraphQL inside errors that the exporter unwraps. */
  errorWrappers: 5,
  /** Paths without a route whose further GraphQL operations are `_OTHER`. */
  operationPaths: 10,
  /** Name of a GraphQL operation, characters. The rest of a name is cut off. */
  operationChars: 100,
} as const
