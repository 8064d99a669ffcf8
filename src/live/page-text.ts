/** The document of the live page. */
export interface PageText {
  /** The document with gzip, in base64. */
  readonly gzip: string
  /** Identifies the document, without quotes. */
  readonly tag: string
  /** The value of the header `Content-Security-Policy`, with the hashes of script and style. */
  readonly policy: string
}

/**
 * The build replaces this module: see `tsdown.config.ts`. A function, because V8 makes the texts in
 * a function at its first call. Nobody calls it in most processes.
 */
export function pageText(): PageText {
  return { gzip: '', tag: '', policy: '' }
}
