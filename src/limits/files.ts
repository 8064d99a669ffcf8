/** Bounds of `files`, each with its unit. */
export const filesLimits = {
  /** A file with a certificate, a key or a secret, bytes. */
  fileBytes: 1_048_576,
  /** Files of a directory with certificates of authorities. */
  authorityFiles: 1_000,
} as const
