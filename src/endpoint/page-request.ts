/** The parts of a page request that determine the response. */
export interface PageRequest {
  readonly method: 'GET' | 'HEAD'
  readonly accept: string | undefined
  readonly acceptEncoding: string | undefined
  /** Without the question mark. */
  readonly query: string
  readonly authorization: string | undefined
  /** The server verified the client's certificate. */
  readonly isCertified: boolean
}
