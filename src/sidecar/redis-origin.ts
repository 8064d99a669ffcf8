import type { Metric } from '../model/metric.ts'
import type { RedisSettings } from '../share/redis/redis-settings.ts'
import { RedisShare } from '../share/redis-share.ts'
import type { Origin, OriginStatus } from './origin.ts'

export interface RedisOriginOptions {
  readonly settings: RedisSettings
  /** Called with a text for the operator, without passwords. */
  readonly onNotice: (text: string) => void
}

/**
 * The clusters that share their metrics by Redis. Without Redis, the last states stay until their
 * time to live ends.
 */
export class RedisOrigin implements Origin {
  readonly name = 'redis'
  readonly #share: RedisShare

  constructor({ settings, onNotice }: RedisOriginOptions) {
    this.#share = new RedisShare({ settings, own: undefined, onNotice })
  }

  metrics(): Metric[] {
    return this.#share.page([])
  }

  freshen(): Promise<unknown> | undefined {
    return this.#share.freshen()
  }

  refresh(): void {
    this.#share.refresh()
  }

  status(): OriginStatus {
    const { connected, totalPublishes, totalFailures, ...rest } = this.#share.status()
    return {
      isConnected: connected,
      successes: totalPublishes,
      failures: totalFailures,
      succeededAt: rest.lastSuccessAt === null ? undefined : Date.parse(rest.lastSuccessAt),
      readAgeSeconds: this.#share.successAgeSeconds,
      error: rest.lastError ?? undefined,
      sources: this.#share.shown(),
      refused: new Map(Object.entries(rest.refused)),
    }
  }

  async stop(): Promise<void> {
    await this.#share.last()
  }
}
