/** The parts of a page request that determine its response. */
export interface PageRequest {
  readonly method: 'GET' | 'HEAD'
  readonly accept: string | undefined
  readonly acceptEncoding: string | undefined
  /** Without the question mark. */
  readonly query: string
  readonly authorization: string | undefined
  /** The client showed a certificate that the server verified. */
  readonly isCertified: boolean
}
