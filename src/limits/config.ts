/** Bounds of `config`, each with its unit. */
export const configLimits = {
  /** Size of a configuration file, bytes. */
  fileBytes: 1_048_576,
  /** Nested maps of a configuration file. A list in a section of a section needs 4. */
  depth: 8,
} as const
