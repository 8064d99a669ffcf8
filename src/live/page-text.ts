/** The document of the live page. */
export interface PageText {
  readonly html: string
  /** The value of the header `Content-Security-Policy`, with the hashes of script and style. */
  readonly policy: string
}

/** The build replaces this module: see `tsdown.config.ts`. */
export const pageText: PageText = { html: '', policy: '' }
