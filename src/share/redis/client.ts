type Argument = string | number | Buffer

export type RedisCommand = readonly [name: string, ...rest: Argument[]]
/** The reply to one command. Texts are buffers. */
export type Reply = { readonly value: unknown } | { readonly error: Error }

/** A connection to the server with the keys. Errors name the server and contain no password. */
export interface Client {
  /**
   * Sends all commands at once. Rejects where the replies take longer than
   * shareLimits.redisReplyMs.
   */
  readonly send: (commands: readonly RedisCommand[]) => Promise<readonly Reply[]>
  readonly isOpen: () => boolean
  readonly close: () => void
}
