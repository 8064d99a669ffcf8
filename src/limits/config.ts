/** Bounds of `config`, each with its unit. */
export const configLimits = {
  /** Size of a configuration file, bytes. */
  fileBytes: 1_048_576,
  /** Nested maps of a configuration file. A list in a section of a section needs 4. */
  depth: 8,
  /** Keys of a configuration file that are reported as wrong. */
  wrongKeys: 100,
  /** Part of a wrong key in a message, characters. */
  shownKeyChars: 200,
  /** Syntax errors of one file in a message. */
  syntaxErrors: 20,
  /** Environment variables that are compared with the known names. */
  variables: 10_000,
  /** Variables of Kubernetes services in one message. */
  shownVariables: 20,
  /** Messages that a primary tells its workers not to repeat. */
  toldMessages: 100,
  /** Files in the user's directory, over which no claim of a message is made. */
  claimEntries: 1_000,
  /** Rules of a user for merging metrics. */
  mergeRules: 100,
  /** Length of the pattern of a rule, characters. */
  mergePatternChars: 200,
  /** Length of a regular expression for names of attributes, characters. */
  attributePatternChars: 255,
  /** Repetitions in a regular expression for names of attributes. */
  attributePatternRepeats: 3,
  /** Length of the prefix of metrics, characters. */
  metricPrefixChars: 64,
  /** Least limit of a worker's memory, bytes: Node.js alone takes more. */
  leastMaxMemoryBytes: 16_777_216,
} as const
