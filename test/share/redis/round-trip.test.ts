import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { shareLimits } from '../../../src/limits/share.ts'
import type { Client, RedisCommand, Reply } from '../../../src/share/redis/client.ts'
import type { RoundTripParticipant } from '../../../src/share/redis/command-step.ts'
import { RedisRoundTrip } from '../../../src/share/redis/round-trip.ts'
import { pauseAfterFailure, pauseAfterSuccess } from '../../../src/share/redis/round-trip-pause.ts'
import { connection } from '../../support/redis/standalone.ts'

interface SceneOptions {
  readonly participants: readonly RoundTripParticipant[]
  readonly open?: () => Promise<Client>
  readonly intervalMs?: number
  readonly lastLimits?: { readonly underWayMs: number; readonly ownMs: number }
}

/** A client that answers every command by `reply`. */
function clientOf(reply: (command: RedisCommand) => Reply = () => ({ value: 'OK' })) {
  const state = { isOpen: true, sent: [] as string[][] }
  const client: Client = {
    send: async (commands) => {
      state.sent.push(commands.map(([name]) => name))
      return commands.map(reply)
    },
    isOpen: () => state.isOpen,
    close: () => {
      state.isOpen = false
    },
  }
  return { state, client }
}

function start(context: TestContext, { participants, open, ...options }: SceneOptions) {
  const events = new EventEmitter()
  const errors: (string | undefined)[] = []
  const connected: boolean[] = []
  const roundTrips = new RedisRoundTrip({
    connection,
    intervalMs: 1,
    participants,
    onRoundTrip: (seconds, error) => {
      assert.ok(seconds >= 0 && seconds < 60)
      errors.push(error)
      events.emit('round trip')
    },
    onConnected: (isConnected) => connected.push(isConnected),
    open: open ?? (async () => clientOf().client),
    ...options,
  })
  context.after(() => roundTrips.last())
  /** Resolves after so many round trips. */
  const rounds = async (count: number): Promise<void> => {
    while (errors.length < count) await once(events, 'round trip')
  }
  return { errors, connected, roundTrips, rounds }
}

const ping: RoundTripParticipant = { steps: () => [{ command: ['PING'] }] }

describe('RedisRoundTrip', () => {
  test('sends the commands of all participants at once, and gives each its reply', async (context) => {
    const { state, client } = clientOf(([name]) => ({ value: `${name}!` }))
    const taken: unknown[] = []
    const log: string[] = []
    const participant = (name: string): RoundTripParticipant => ({
      prepare: async (send) => {
        log.push(`prepare ${name}`)
        await send([['PREPARE']])
      },
      steps: () => [
        { command: [name], take: (value) => taken.push(value) },
        { command: ['PLAIN'] },
      ],
      settle: () => void log.push(`settle ${name}`),
    })
    const { errors, connected, roundTrips, rounds } = start(context, {
      participants: [participant('A'), participant('B')],
      open: async () => client,
      intervalMs: 60_000,
    })
    await rounds(1)
    assert.deepEqual(state.sent, [['PREPARE'], ['PREPARE'], ['A', 'PLAIN', 'B', 'PLAIN']])
    assert.deepEqual(taken, ['A!', 'B!'])
    assert.deepEqual(log, ['prepare A', 'prepare B', 'settle A', 'settle B'])
    assert.deepEqual(errors, [undefined])
    assert.deepEqual(connected, [false, true])
    await roundTrips.last()
    assert.deepEqual([errors.length, connected.at(-1), state.isOpen], [2, false, false])
  })

  test('goes on with the other participants when one throws, and reports the first error', async (context) => {
    const { state, client } = clientOf()
    const { errors, rounds } = start(context, {
      participants: [
        { prepare: () => Promise.reject(new Error('first')), steps: () => [{ command: ['A'] }] },
        {
          steps: () => {
            throw new Error('redis://user:secret@host second')
          },
        },
        ping,
      ],
      open: async () => client,
    })
    await rounds(2)
    assert.deepEqual(state.sent[0], ['A', 'PING'])
    assert.deepEqual(errors.slice(0, 2), ['first', 'first'])
    assert.equal(state.isOpen, true)
  })

  test('contains no password in an error', async (context) => {
    const { errors, rounds } = start(context, {
      participants: [ping],
      open: () => Promise.reject(new Error('redis://user:secret@host failed')),
    })
    await rounds(1)
    assert.match(errors[0] ?? '', /failed/)
    assert.doesNotMatch(errors[0] ?? '', /secret/)
  })

  const replies: readonly (readonly [error: string, isOpenAfter: boolean])[] = [
    ['OOM command not allowed', true],
    ['NOPERM no permissions', true],
    ['MISCONF errors writing', true],
    ['WRONGTYPE Operation', true],
    ['NOREPLICAS Not enough', true],
    ['READONLY You cannot write', false],
    ['LOADING dataset, OOM', false],
    ['OOMX', false],
  ]
  for (const [error, isOpenAfter] of replies) {
    test(`${isOpenAfter ? 'keeps' : 'closes'} the connection after the reply "${error}"`, async (context) => {
      const { state, client } = clientOf(() => ({ error: new Error(error) }))
      const taken: unknown[] = []
      const { errors, rounds } = start(context, {
        participants: [{ steps: () => [{ command: ['A'], take: (value) => taken.push(value) }] }],
        open: async () => client,
        intervalMs: 60_000,
      })
      await rounds(1)
      assert.deepEqual(errors, [error])
      assert.equal(state.isOpen, isOpenAfter)
      assert.deepEqual(taken, [])
    })
  }

  test('opens a new connection when the earlier one is closed', async (context) => {
    const clients: ReturnType<typeof clientOf>[] = []
    const { connected, rounds } = start(context, {
      participants: [ping],
      open: async () => {
        clients.push(clientOf())
        return clients.at(-1)?.client ?? assert.fail()
      },
    })
    await rounds(1)
    assert.equal(clients.length, 1)
    clients[0]?.client.close()
    await rounds(3)
    assert.equal(clients.length, 2)
    assert.deepEqual(connected, [false, true, false, true])
  })

  test('closes a connection that does not answer', async (context) => {
    const { state, client } = clientOf()
    const { errors, connected, rounds } = start(context, {
      participants: [ping],
      open: async () => ({ ...client, send: () => Promise.reject(new Error('no answer')) }),
      intervalMs: 60_000,
    })
    await rounds(1)
    assert.deepEqual([errors[0], state.isOpen], ['no answer', false])
    assert.deepEqual(connected, [false, true, false])
  })

  test('waits for the interval, unless a participant is in a hurry', async (context) => {
    const { state, client } = clientOf()
    let hurryMs: number | undefined = 1
    const { rounds } = start(context, {
      participants: [{ ...ping, hurryMs: () => hurryMs }],
      open: async () => client,
      intervalMs: 60_000,
    })
    await rounds(3)
    hurryMs = undefined
    await rounds(4)
    const count = state.sent.length
    await setTimeout(30)
    assert.equal(state.sent.length, count)
  })

  test('ends without a final round trip when there is no connection', async (context) => {
    const { errors, roundTrips, rounds } = start(context, {
      participants: [ping],
      open: () => Promise.reject(new Error('down')),
      intervalMs: 60_000,
    })
    await rounds(1)
    await roundTrips.last()
    assert.equal(errors.length, 1)
  })

  test('waits for the round trip under way, and then sends the final one', async (context) => {
    const { state, client } = clientOf()
    let answer = (): void => {}
    const pending = new Promise<void>((resolve) => {
      answer = resolve
    })
    const asked = new EventEmitter()
    const { errors, roundTrips } = start(context, {
      participants: [ping],
      open: async () => ({
        ...client,
        send: async (commands) => {
          asked.emit('send')
          if (state.sent.length === 0) await pending
          return await client.send(commands)
        },
      }),
    })
    await once(asked, 'send')
    const ended = roundTrips.last()
    answer()
    await ended
    assert.deepEqual(state.sent, [['PING'], ['PING']])
    assert.deepEqual(errors, [undefined, undefined])
    await setTimeout(20)
    assert.equal(state.sent.length, 2)
  })

  test('ends although Redis does not answer', async (context) => {
    const { client } = clientOf()
    const asked = new EventEmitter()
    let count = 0
    const { roundTrips } = start(context, {
      participants: [ping],
      open: async () => ({
        ...client,
        send: () => {
          count += 1
          asked.emit('send')
          return new Promise(() => {})
        },
      }),
      lastLimits: { underWayMs: 10, ownMs: 10 },
    })
    await once(asked, 'send')
    await roundTrips.last()
    assert.equal(count, 2)
    assert.equal(client.isOpen(), false)
  })
})

describe('The pause after a round trip', () => {
  const base = { intervalMs: 1_000, elapsedMs: 300, workMs: 100, hurriesMs: [] }
  test('is the rest of the interval, but at least the time of the own work', () => {
    assert.equal(pauseAfterSuccess(base), 700)
    assert.equal(pauseAfterSuccess({ ...base, elapsedMs: 950 }), 100)
    assert.equal(pauseAfterSuccess({ ...base, hurriesMs: [250, 50] }), 50)
    assert.equal(pauseAfterSuccess({ ...base, hurriesMs: [900] }), 700)
  })

  test('doubles after failures from shareLimits.redisRetryFirstMs to shareLimits.redisRetryLastMs', () => {
    const longest = (failures: number, intervalMs = 3_600_000) =>
      pauseAfterFailure(failures, intervalMs, () => 1)
    assert.equal(longest(1), shareLimits.redisRetryFirstMs)
    assert.equal(longest(2), 2 * shareLimits.redisRetryFirstMs)
    assert.equal(longest(30), shareLimits.redisRetryLastMs)
    assert.equal(longest(30, 1_000), 1_000)
    assert.equal(
      pauseAfterFailure(1, 3_600_000, () => 0),
      shareLimits.redisRetryFirstMs / 2,
    )
  })
})
