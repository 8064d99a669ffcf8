import type { Client, RedisCommand, Reply } from '../../../src/share/redis/client.ts'

type Value = string | Buffer

/** The commands of `share` on values in memory: a transport for tests without a Redis. */
export class MemoryRedis {
  readonly values: Map<string, Buffer> = new Map()
  /** Milliseconds to live by key, as set last. */
  readonly ttls: Map<string, number> = new Map()
  readonly sets: Map<string, Map<string, number>> = new Map()
  /** Every command, in order. */
  readonly commands: RedisCommand[] = []
  /** Gives an error text for a command that fails. */
  failure: (command: RedisCommand) => string | undefined = () => undefined

  readonly send: Client['send'] = async (commands) => commands.map((each) => this.#reply(each))

  text(key: string): string | undefined {
    return this.values.get(key)?.toString()
  }

  #reply(command: RedisCommand): Reply {
    this.commands.push(command)
    const error = this.failure(command)
    if (error !== undefined) return { error: new Error(error) }
    const [name, ...rest] = command
    const act = this.#acts[name]
    if (!act) return { error: new Error(`ERR unknown command '${name}'`) }
    return { value: act(rest as Value[]) }
  }

  readonly #acts: Record<string, (rest: Value[]) => unknown> = {
    SET: (rest) => this.#set(rest),
    GETRANGE: ([key, from, to]) =>
      (this.values.get(String(key)) ?? Buffer.alloc(0)).subarray(Number(from), Number(to) + 1),
    EXISTS: ([key]) => (this.values.has(String(key)) ? 1 : 0),
    PEXPIRE: ([key, ms]) => {
      const has = this.values.has(String(key)) || this.sets.has(String(key))
      if (has) this.ttls.set(String(key), Number(ms))
      return has ? 1 : 0
    },
    DEL: (keys) => keys.filter((key) => this.values.delete(String(key))).length,
    ZADD: ([key, score, member]) => {
      const set = this.sets.get(String(key)) ?? new Map<string, number>()
      this.sets.set(String(key), set.set(String(member), Number(score)))
      return 1
    },
    ZREM: ([key, ...members]) =>
      members.filter((each) => this.sets.get(String(key))?.delete(String(each))).length,
    ZREVRANGEBYSCORE: ([key, , least, , , , count]) =>
      [...(this.sets.get(String(key)) ?? [])]
        .filter(([, score]) => least === '-inf' || score >= Number(least))
        .sort(([, one], [, other]) => other - one)
        .slice(0, Number(count))
        .flatMap(([member, score]) => [Buffer.from(member), Buffer.from(String(score))]),
    ZREMRANGEBYSCORE: ([key, , most]) => {
      for (const [member, score] of this.sets.get(String(key)) ?? []) {
        if (score <= Number(most)) this.sets.get(String(key))?.delete(member)
      }
      return 0
    },
  }

  #set([key, value, ...options]: Value[]): Buffer | null {
    if (options.includes('NX') && this.values.has(String(key))) return null
    this.values.set(String(key), Buffer.from(value as string))
    const px = options.indexOf('PX')
    if (px >= 0) this.ttls.set(String(key), Number(options[px + 1]))
    else this.ttls.delete(String(key))
    return Buffer.from('OK')
  }
}
