import { randomUUID } from 'node:crypto'
import { doctorLimits } from '../../../limits/tools/doctor.ts'
import type { Client, RedisCommand, Reply } from '../../../share/redis/client.ts'
import { textOf } from '../../../share/redis/command-step.ts'
import { redisKeysOf } from '../../../share/redis/keys.ts'
import { clientOpener } from '../../../share/redis/open-client.ts'
import type { RedisSettings } from '../../../share/redis/redis-settings.ts'
import { messageOf } from '../../../support/error-message.ts'
import { monotonicNow } from '../../../support/intrinsics/monotonic-now.ts'

/** What Redis answers. Undefined: Redis does not tell. */
export interface RedisFacts {
  readonly version: string | undefined
  /** Of the fastest round trip, milliseconds. */
  readonly roundTripMs: number
  /** The clock of Redis minus the clock of this host, milliseconds. */
  readonly clockMs: number | undefined
  readonly evictionPolicy: string | undefined
  readonly maxMemoryBytes: number | undefined
  readonly usedMemoryBytes: number | undefined
  /** Commands of the exporter that Redis refuses, each with the error. */
  readonly refused: readonly RefusedCommand[]
  /** Questions of `doctor` alone that the user may not ask. */
  readonly hidden: readonly string[]
}

export interface RefusedCommand {
  readonly name: string
  readonly error: string
}

/**
 * Asks the server with the connection of the exporter. Changes nothing: each writing command is
 * about a key that does not exist, and then has no effect.
 * @throws where no connection opens.
 */
export async function askRedis({ connection, prefix }: RedisSettings): Promise<RedisFacts> {
  const client = await clientOpener()(connection)
  try {
    const commands = harmlessCommands({ connection, prefix })
    const replies = await client.send(commands)
    const refused = commands.flatMap(([name], index): RefusedCommand[] => {
      const reply = replies[index]
      return reply && 'error' in reply ? [{ name, error: messageOf(reply.error) }] : []
    })
    const { roundTripMs, clockMs } = await clockOf(client)
    const [info] = await client.send([['INFO']])
    const text = info && 'value' in info ? textOf(info.value) : undefined
    return {
      refused,
      roundTripMs,
      clockMs,
      version: /^(?:valkey_version|redis_version):(\S+)/m.exec(text ?? '')?.[1],
      evictionPolicy: /^maxmemory_policy:(\S+)/m.exec(text ?? '')?.[1],
      maxMemoryBytes: numberIn(text, /^maxmemory:(\d+)/m),
      usedMemoryBytes: numberIn(text, /^used_memory:(\d+)/m),
      hidden: [...(text === undefined ? ['INFO'] : []), ...(clockMs === undefined ? ['TIME'] : [])],
    }
  } finally {
    client.close()
  }
}

/** Every command of the exporter, about keys of the exporter that do not exist. */
function harmlessCommands(
  settings: Pick<RedisSettings, 'connection' | 'prefix'>,
): readonly RedisCommand[] {
  const keys = redisKeysOf(settings.prefix, settings.connection)
  const key = keys.source(`doctor-${randomUUID()}`)
  // The second form of names has no braces, and can have rights of its own.
  const documented = keys.history(-Math.floor(1e9 * Math.random()) - 1)
  return [
    ['SET', key, '', 'XX', 'PX', 1],
    ['SET', documented, '', 'XX', 'PX', 1],
    ['GETRANGE', key, 0, 0],
    ['EXISTS', key],
    ['DEL', key],
    ['PEXPIRE', key, 1],
    ['ZADD', key, 'XX', 0, 'doctor'],
    ['ZREM', key, 'doctor'],
    ['ZREVRANGEBYSCORE', key, '+inf', '-inf', 'LIMIT', 0, 1],
    ['ZREMRANGEBYSCORE', key, '-inf', '-inf'],
  ]
}

/** The fastest answer has the least error of the clock. */
async function clockOf(
  client: Client,
): Promise<{ readonly roundTripMs: number; readonly clockMs: number | undefined }> {
  let best: { readonly roundTripMs: number; readonly clockMs: number | undefined } | undefined
  for (let count = 0; count < doctorLimits.redisPings; count += 1) {
    const [began, at] = [monotonicNow(), Date.now()]
    const [reply] = await client.send([['TIME']])
    const roundTripMs = monotonicNow() - began
    const time = timeOf(reply)
    const clockMs = time === undefined ? undefined : time - at - roundTripMs / 2
    if (best === undefined || roundTripMs < best.roundTripMs) best = { roundTripMs, clockMs }
  }
  return best ?? { roundTripMs: 0, clockMs: undefined }
}

/** Unix milliseconds. */
function timeOf(reply: Reply | undefined): number | undefined {
  if (!(reply && 'value' in reply && Array.isArray(reply.value))) return undefined
  const [seconds, microseconds] = reply.value.map((part) => Number(textOf(part)))
  if (seconds === undefined || microseconds === undefined) return undefined
  return 1_000 * seconds + microseconds / 1_000
}

function numberIn(text: string | undefined, pattern: RegExp): number | undefined {
  const found = pattern.exec(text ?? '')?.[1]
  return found === undefined ? undefined : Number(found)
}
