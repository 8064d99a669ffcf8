import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { shareLimits } from '../../../src/limits/share.ts'
import type { Client, RedisCommand, Reply } from '../../../src/share/redis/client.ts'
import type { RoundTripParticipant } from '../../../src/share/redis/command-step.ts'
import { RedisRoundTrip } from '../../../src/share/redis/round-trip.ts'
import { ManualClock, settled } from '../../support/manual-clock.ts'
import { connection } from '../../support/redis/standalone.ts'

interface SceneOptions {
  readonly participants: readonly RoundTripParticipant[]
  readonly open?: () => Promise<Client>
  readonly intervalMs?: number
  readonly lastLimits?: { readonly underWayMs: number; readonly ownMs: number }
  readonly clock?: ManualClock
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

/**
 * Starts round trips on a clock that stands still. The first round trip starts with `advance(0)`.
 */
function start(
  context: TestContext,
  { open, clock = new ManualClock(), ...options }: SceneOptions,
) {
  const errors: (string | undefined)[] = []
  const seconds: number[] = []
  const connected: boolean[] = []
  const roundTrips = new RedisRoundTrip({
    connection,
    intervalMs: 1_000,
    onRoundTrip: (duration, error) => {
      seconds.push(duration)
      errors.push(error)
    },
    onConnected: (isConnected) => connected.push(isConnected),
    open: open ?? (async () => clientOf().client),
    clock,
    ...options,
  })
  context.after(() => roundTrips.last())
  return { clock, errors, seconds, connected, roundTrips }
}

const ping: RoundTripParticipant = { steps: () => [{ command: ['PING'] }] }

/** A promise that the test resolves. */
function pending() {
  const settle = { resolve: (): void => {} }
  const promise = new Promise<void>((resolve) => {
    settle.resolve = resolve
  })
  return { promise, resolve: () => settle.resolve() }
}

describe('RedisRoundTrip', () => {
  test('sends the commands of all participants at once and returns each reply', async (context) => {
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
    const { clock, errors, connected, roundTrips } = start(context, {
      participants: [participant('A'), participant('B')],
      open: async () => client,
    })
    await settled()
    assert.deepEqual([state.sent, errors, connected], [[], [], []])
    await clock.advance(0)
    assert.deepEqual(state.sent, [['PREPARE'], ['PREPARE'], ['A', 'PLAIN', 'B', 'PLAIN']])
    assert.deepEqual(taken, ['A!', 'B!'])
    assert.deepEqual(log, ['prepare A', 'prepare B', 'settle A', 'settle B'])
    assert.deepEqual(errors, [undefined])
    assert.deepEqual(connected, [false, true])
    await roundTrips.last()
    assert.deepEqual([errors.length, connected.at(-1), state.isOpen], [2, false, false])
    assert.equal(clock.pending, 0)
  })

  test('serves the others if one throws, and reports the first error', async (context) => {
    const { state, client } = clientOf()
    const { clock, errors } = start(context, {
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
    await clock.advance(0)
    assert.deepEqual(state.sent, [['A', 'PING']])
    assert.deepEqual(errors, ['first'])
    assert.equal(state.isOpen, true)
  })

  test('contains no password in an error', async (context) => {
    const fail = (): never => {
      throw new Error('redis://user:secret@host failed')
    }
    const participants = [{ steps: fail }]
    const { client } = clientOf()
    for (const open of [async () => client, async () => fail()]) {
      const { clock, errors } = start(context, { participants, open })
      await clock.advance(0)
      assert.match(errors[0] ?? '', /failed/)
      assert.doesNotMatch(errors[0] ?? '', /secret/)
    }
  })

  const replies: readonly (readonly [error: string, isOpenAfter: boolean])[] = [
    ['OOM command not allowed', true],
    ['NOPERM no permissions', true],
    ['MISCONF errors writing', true],
    ['WRONGTYPE Operation', true],
    ['NOREPLICAS Not enough', true],
    ['redis:6379: OOM command not allowed', true],
    ['READONLY You cannot write', false],
    ['LOADING dataset, OOM', false],
    ['OOMX', false],
  ]
  for (const [error, isOpenAfter] of replies) {
    const act = isOpenAfter ? 'keeps' : 'closes'
    test(`${act} the connection after the reply "${error}"`, async (context) => {
      const { state, client } = clientOf(() => ({ error: new Error(error) }))
      const taken: unknown[] = []
      const { clock, errors } = start(context, {
        participants: [{ steps: () => [{ command: ['A'], take: (value) => taken.push(value) }] }],
        open: async () => client,
      })
      await clock.advance(0)
      assert.deepEqual(errors, [error])
      assert.equal(state.isOpen, isOpenAfter)
      assert.deepEqual(taken, [])
    })
  }

  test('closes the connection if one of several errors is of the connection', async (context) => {
    const { state, client } = clientOf(([name]) => ({ error: new Error(name) }))
    const { clock, errors } = start(context, {
      participants: [{ steps: () => [{ command: ['OOM'] }, { command: ['READONLY'] }] }],
      open: async () => client,
    })
    await clock.advance(0)
    assert.deepEqual([errors, state.isOpen], [['OOM'], false])
  })

  test('opens a new connection when the earlier one is closed', async (context) => {
    const clients: ReturnType<typeof clientOf>[] = []
    const { clock, connected } = start(context, {
      participants: [ping],
      open: async () => {
        clients.push(clientOf())
        return clients.at(-1)?.client ?? assert.fail()
      },
    })
    await clock.advance(1_000)
    assert.deepEqual([clients.length, clients[0]?.state.sent.length], [1, 2])
    clients[0]?.client.close()
    await clock.advance(1_000)
    assert.deepEqual([clients.length, clients[1]?.state.sent.length], [2, 1])
    assert.deepEqual(connected, [false, true, true, false, true])
  })

  test('closes a connection that does not answer', async (context) => {
    const { state, client } = clientOf()
    const { clock, errors, connected } = start(context, {
      participants: [ping],
      open: async () => ({ ...client, send: () => Promise.reject(new Error('no answer')) }),
    })
    await clock.advance(0)
    assert.deepEqual([errors, state.isOpen], [['no answer'], false])
    assert.deepEqual(connected, [false, false])
  })

  test('is not connected to a server that accepts connections only', async (context) => {
    const { clock, errors, connected, roundTrips } = start(context, {
      participants: [{ ...ping, prepare: async (send) => void (await send([['EXISTS']])) }],
      open: async () => {
        const { client } = clientOf()
        const send: Client['send'] = () => {
          client.close()
          return Promise.reject(new Error('no answer'))
        }
        return { ...client, send }
      },
    })
    await clock.advance(10_000)
    await roundTrips.last()
    assert.ok(errors.length > 3)
    assert.ok(!connected.includes(true))
  })

  test('ends without a final round trip when there is no connection', async (context) => {
    const { clock, errors, roundTrips } = start(context, {
      participants: [ping],
      open: () => Promise.reject(new Error('down')),
    })
    await clock.advance(0)
    await roundTrips.last()
    assert.deepEqual([errors, clock.pending], [['down'], 0])
  })

  test('waits for the round trip under way, and then sends the final one', async (context) => {
    const { state, client } = clientOf()
    const answer = pending()
    const { clock, errors, roundTrips } = start(context, {
      participants: [ping],
      open: async () => ({
        ...client,
        send: async (commands) => {
          if (state.sent.length === 0) await answer.promise
          return await client.send(commands)
        },
      }),
    })
    await clock.advance(0)
    const ended = roundTrips.last()
    await settled()
    assert.deepEqual(state.sent, [])
    answer.resolve()
    await ended
    assert.deepEqual(state.sent, [['PING'], ['PING']])
    assert.deepEqual(errors, [undefined, undefined])
    assert.equal(clock.pending, 0)
  })

  test('sends no further commands at the end', async (context) => {
    const { state, client } = clientOf()
    let further = 2
    const participant: RoundTripParticipant = {
      ...ping,
      further: () => {
        further -= 1
        return further < 0 ? [] : [{ command: ['MORE'] }]
      },
    }
    const { clock, roundTrips } = start(context, {
      participants: [participant],
      open: async () => client,
    })
    await clock.advance(0)
    assert.deepEqual(state.sent, [['PING'], ['MORE'], ['MORE']])
    further = 2
    await roundTrips.last()
    assert.deepEqual(state.sent.slice(3), [['PING']])
  })

  test('is healthy after a success, while the connection is open', async (context) => {
    const { client } = clientOf()
    let isFailing = true
    const steps = () => {
      if (isFailing) throw new Error('failed')
      return ping.steps()
    }
    const { clock, roundTrips } = start(context, {
      participants: [{ steps }],
      open: async () => client,
    })
    assert.equal(roundTrips.isHealthy, false)
    await clock.advance(0)
    assert.equal(client.isOpen(), true)
    assert.equal(roundTrips.isHealthy, false)
    isFailing = false
    await clock.advance(1_000)
    assert.equal(roundTrips.isHealthy, true)
    client.close()
    assert.equal(roundTrips.isHealthy, false)
  })

  test('begins the next round trip at once in a hurry, but not after the end', async (context) => {
    const { state, client } = clientOf()
    const { clock, roundTrips } = start(context, {
      participants: [ping],
      open: async () => client,
    })
    await clock.advance(0)
    roundTrips.hurry()
    await clock.advance(0)
    assert.equal(state.sent.length, 2)
    await clock.advance(999)
    assert.equal(state.sent.length, 2)
    await roundTrips.last()
    roundTrips.hurry()
    await clock.advance(0)
    assert.equal(clock.pending, 0)
    assert.equal(state.sent.length, 3)
  })

  test('ends although Redis does not answer', async (context) => {
    const { client } = clientOf()
    let count = 0
    const { clock, roundTrips } = start(context, {
      participants: [ping],
      open: async () => ({
        ...client,
        send: () => {
          count += 1
          return new Promise(() => {})
        },
      }),
      lastLimits: { underWayMs: 10, ownMs: 10 },
    })
    await clock.advance(0)
    await roundTrips.last()
    assert.equal(count, 2)
    assert.equal(client.isOpen(), false)
  })
})

describe('RedisRoundTrip waits', () => {
  test('for the interval from start to start', async (context) => {
    const clock = new ManualClock()
    const { state, client } = clientOf()
    const { seconds } = start(context, {
      clock,
      participants: [ping],
      open: async () => ({
        ...client,
        send: (commands) => {
          clock.spend(300)
          return client.send(commands)
        },
      }),
    })
    await clock.advance(0)
    await clock.advance(699)
    assert.equal(state.sent.length, 1)
    await clock.advance(1)
    assert.equal(state.sent.length, 2)
    assert.deepEqual(seconds, [0.3, 0.3])
  })

  test('for as long as this thread worked, without the wait for Redis', async (context) => {
    const clock = new ManualClock()
    const { state, client } = clientOf()
    const spend =
      <T>(ms: number, result: T) =>
      (): T => {
        clock.spend(ms)
        return result
      }
    start(context, {
      clock,
      participants: [
        {
          prepare: spend(5_000, Promise.resolve()),
          steps: spend(2_000, [{ command: ['A'], take: spend(300, undefined) }]),
          settle: spend(40, undefined),
        },
      ],
      open: async () => ({
        ...client,
        send: (commands) => {
          clock.spend(7_000)
          return client.send(commands)
        },
      }),
    })
    await clock.advance(0)
    await clock.advance(2_339)
    assert.equal(state.sent.length, 1)
    await clock.advance(1)
    assert.equal(state.sent.length, 2)
  })

  test('for the shortest time that a participant asks for', async (context) => {
    const { state, client } = clientOf()
    let hurryMs: number | undefined = 50
    const { clock } = start(context, {
      participants: [{ ...ping, hurryMs: () => hurryMs }, { ...ping, hurryMs: () => 200 }, ping],
      open: async () => client,
    })
    await clock.advance(49)
    assert.equal(state.sent.length, 1)
    await clock.advance(1)
    assert.equal(state.sent.length, 2)
    hurryMs = undefined
    await clock.advance(50)
    await clock.advance(199)
    assert.equal(state.sent.length, 3)
    await clock.advance(1)
    assert.equal(state.sent.length, 4)
  })

  test('twice as long after each failure, from shareLimits.redisRetryFirstMs', async (context) => {
    const first = shareLimits.redisRetryFirstMs
    const clock = new ManualClock()
    const isUp = [false, false, false, true, false, false]
    const times: number[] = []
    start(context, {
      clock,
      participants: [{ ...ping, hurryMs: () => 1 }],
      open: async () => {
        times.push(clock.now())
        if (isUp[times.length - 1]) return { ...clientOf().client, isOpen: () => false }
        throw new Error('down')
      },
      intervalMs: 60_000,
    })
    await clock.advance(10 * first)
    const pauses = times.map((time, index) => time - (times[index - 1] ?? 0)).slice(1, 6)
    // A pause is at least half of its longest value.
    for (const [index, longest] of [first, 2 * first, 4 * first, 1, first].entries()) {
      const pause = pauses[index] ?? assert.fail('too few round trips')
      assert.ok(pause >= longest / 2 && pause <= longest, `pause ${index}: ${pause} ms`)
    }
    assert.equal(pauses[3], 1)
  })
})
