import type { Details } from './details.ts'

/** What a client of the live page may see. */
export interface LiveView {
  /** Open connections of the endpoint. */
  readonly connections: number
  readonly details: Details
}

export type LiveReply =
  | {
      readonly kind: 'content'
      readonly contentType: string
      readonly bytes: Buffer
      /** The compressed bytes. The first call compresses. */
      readonly gzipped: () => Buffer
    }
  | { readonly kind: 'refused'; readonly status: 400 | 404; readonly text: string }

/** The document of the live page. */
export interface LivePage {
  /** The document with gzip, in base64. */
  readonly gzip: string
  /** Identifies the document, without quotes. */
  readonly tag: string
  /** The value of the header `Content-Security-Policy`, with the hashes of script and style. */
  readonly policy: string
}

/** The live page, and its data. */
export interface LiveContent {
  /** The document of the page, and its Content-Security-Policy. */
  readonly page: () => LivePage
  /** The data as JSON. @param query without the question mark. May throw. */
  readonly document: (query: string, view: LiveView) => LiveReply
  /** The lines of one metric. @param query without the question mark. May throw. */
  readonly metric: (query: string) => LiveReply
}
