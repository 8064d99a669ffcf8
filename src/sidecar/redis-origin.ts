import { type CodedText, coded } from '../model/errors/coded-text.ts'
import type { Metric } from '../model/metric.ts'
import type { RedisSettings } from '../share/redis/redis-settings.ts'
import { RedisShare } from '../share/redis-share.ts'
import { failureChanges } from '../support/failure-changes.ts'
import type { Origin, OriginStatus } from './origin.ts'

export interface RedisOriginOptions {
  readonly settings: RedisSettings
  /** Shows the clusters of this Kubernetes node. Default: the clusters of all nodes. */
  readonly node?: string | undefined
  /** Called with a text for the operator, without passwords. */
  readonly onNotice: (text: CodedText) => void
}

/**
 * The clusters that share their metrics by Redis. Without Redis, the last states stay until their
 * time to live ends.
 */
export class RedisOrigin implements Origin {
  readonly name = 'redis'
  readonly #share: RedisShare
  readonly #node: string | undefined
  readonly #reportNameless: (text: string | undefined) => void

  constructor({ settings, node, onNotice }: RedisOriginOptions) {
    this.#share = new RedisShare({ settings, own: undefined, node, onNotice })
    this.#node = node
    this.#reportNameless = failureChanges({
      onFailing: (text) => onNotice(coded('GPE_NODE_UNNAMED', text)),
    })
  }

  metrics(): Metric[] {
    this.#reportNameless((this.#share.outside.get('no_node_name') ?? 0) > 0 ? nameless : undefined)
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
      ...(this.#node !== undefined && { node: this.#node, outside: this.#share.outside }),
    }
  }

  async stop(): Promise<void> {
    await this.#share.last()
  }
}

const nameless =
  'Redis has applications without NODE_NAME: no sidecar with SIDECAR_NODE_ONLY shows them'
