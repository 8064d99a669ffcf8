import type { AddressNames } from './bind/bind-failures.ts'

/** The settings of an endpoint as the user wrote their names, for messages. */
export interface EndpointNames extends AddressNames {
  /** Of the given files with certificates and keys. */
  readonly tls: readonly string[]
  /** Of the given files with users, passwords and tokens. */
  readonly secrets: readonly string[]
}
