/** What of a request for the page its answer depends on. */
export interface PageRequest {
  readonly method: 'GET' | 'HEAD'
  readonly accept: string | undefined
  readonly acceptEncoding: string | undefined
  /** Without its question mark. */
  readonly query: string
  readonly authorization: string | undefined
  /** The client has shown a certificate that the server verified. */
  readonly isCertified: boolean
}
