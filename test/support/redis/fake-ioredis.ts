import { EventEmitter } from 'node:events'
import type { ClientOptions } from '../../../src/share/redis/open-client.ts'

type Replies = [Error | null, unknown][] | null

export interface FakeBehaviour {
  readonly connect?: (host: unknown) => Promise<void>
  /** The replies to one pipeline. */
  readonly exec?: () => Promise<Replies>
  /** The reply to one command, where `exec` is not given; an error as an error. */
  readonly reply?: (command: readonly unknown[], host: unknown) => unknown
}

interface FakeConnection extends EventEmitter {
  readonly status: string
  /** The options of the connection. */
  readonly given: Readonly<Record<string, unknown>>
}

interface Fakes {
  readonly created: readonly FakeConnection[]
  /** The commands on all connections. */
  readonly commands: readonly unknown[][]
  readonly options: ClientOptions
}

/** Connections of a class in place of the class of ioredis. */
export function fakes({ connect, exec, reply = () => 'OK' }: FakeBehaviour = {}): Fakes {
  const created: Fake[] = []
  const commands: unknown[][] = []
  class Fake extends EventEmitter {
    status = 'wait'
    readonly given: Record<string, unknown>
    constructor(given: Record<string, unknown>) {
      super()
      this.given = given
      created.push(this)
    }
    async connect(): Promise<void> {
      await connect?.(this.given['host'])
      this.status = 'ready'
    }
    disconnect(): void {
      this.status = 'end'
    }
    pipeline(): object {
      const added: unknown[][] = []
      const callBuffer = (...command: unknown[]): void => {
        added.push(command)
        commands.push(command)
      }
      const replies = async (): Promise<Replies> =>
        added.map((command) => {
          const value = reply(command, this.given['host'])
          return value instanceof Error ? [value, undefined] : [null, value]
        })
      return { callBuffer, exec: exec ?? replies }
    }
  }
  const options = { Redis: Fake } as unknown as ClientOptions
  return { created, commands, options }
}
