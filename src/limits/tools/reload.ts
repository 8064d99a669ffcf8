/** Bounds of `master/watch`, each with its unit. */
export const reloadLimits = {
  /** Files of the application that the master watches. Further files are not watched. */
  files: 10_000,
  /** Directories with watched files. Beyond, the master polls. */
  directories: 2_000,
  /** Time without a further event after which changed files count, milliseconds. */
  quietMs: 100,
  /** Longest wait for the last of many changed files, milliseconds. */
  busyMs: 1_000,
  /** Time between two looks at all files without events of the system, milliseconds. */
  pollMs: 1_000,
  /** Files of a directory of `--reload-extra-file`. Further files are not watched. */
  entries: 1_000,
  /** Changed files that a line of the log names. */
  shownFiles: 3,
} as const
