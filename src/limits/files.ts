/** Bounds of `files`, each with its unit. */
export const filesLimits = {
  /** Size of a file with a certificate, a key or a secret, bytes. */
  fileBytes: 1_048_576,
  /** Attempts to remove a directory in which ending workers make files. */
  clearAttempts: 100,
  /** Entries in a directory of certificate authorities. */
  authorityFiles: 1_000,
} as const
