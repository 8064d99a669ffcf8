import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { WorkerPool } from '../../../src/master/pool/worker-pool.ts'
import { ManagedWorker } from '../../../src/master/worker/managed-worker.ts'
import type { WorkerState } from '../../../src/master/worker/worker-state.ts'
import { notingHooks, testLog } from '../../support/master/bench.ts'
import { FakeWorker } from '../../support/master/fake-cluster.ts'
import { runSettings } from '../../support/master/run-settings.ts'

interface Bench {
  readonly pool: WorkerPool
  /** Adds a worker in a state. */
  readonly add: (id: number, state: WorkerState | 'hung', generation?: number) => ManagedWorker
}

/** What brings a worker that serves into a state. */
const acts: Readonly<
  Partial<Record<WorkerState | 'hung', (managed: ManagedWorker, worker: FakeWorker) => void>>
> = {
  spent: (_, worker) => worker.says('SPENT'),
  retiring: (managed) => managed.retire('hup'),
  killed: (managed) => managed.quit('int'),
  hung: (managed) => managed.checkHeartbeat(1_001, false),
  ended: (managed) => managed.ended(0, null),
}

function bench(context: TestContext): Bench {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  const { log } = testLog(context)
  const { hooks } = notingHooks(log)
  const pool = new WorkerPool()
  const add = (id: number, state: WorkerState | 'hung', generation = 1): ManagedWorker => {
    const worker = new FakeWorker(id, undefined)
    const managed = new ManagedWorker({
      ...{ hooks, log, worker: worker.asWorker(), generation },
      settings: runSettings({ timeoutMs: 1_000 }),
      now: () => 0,
      onChange: () => {},
      onBootTimeout: () => {},
      onLasted: () => {},
      heedsSignals: () => true,
      exporter: { tellsDeaths: () => false, heldBy: undefined },
    })
    if (state !== 'booting') managed.serves()
    acts[state]?.(managed, worker)
    assert.equal(managed.state, state === 'hung' ? 'killed' : state)
    pool.add(id, managed)
    return managed
  }
  return { pool, add }
}

describe('WorkerPool', () => {
  test('finds workers by the number of the fork', (context) => {
    const { pool, add } = bench(context)
    const [first, second] = [add(1, 'serving'), add(2, 'serving')]
    assert.deepEqual([pool.get(1), pool.get(2), pool.get(3)], [first, second, undefined])
    assert.deepEqual(pool.all(), [first, second])
    pool.delete(1)
    assert.deepEqual(pool.all(), [second])
  })

  test('separates the generations', (context) => {
    const { pool, add } = bench(context)
    const [first, , next] = [add(1, 'serving'), add(2, 'hung'), add(3, 'booting', 2)]
    assert.deepEqual([pool.members(1), pool.members(2)], [[first], [next]])
    assert.deepEqual([pool.hungCount(1), pool.hungCount(2)], [1, 0])
    assert.deepEqual([pool.booting(1), pool.booting(2), pool.booting()], [[], [next], [next]])
    assert.deepEqual([pool.serving(1), pool.serving(2)], [[first], []])
    next.generation = 1
    assert.deepEqual([pool.members(1), pool.members(2)], [[first, next], []])
  })

  for (const [state, isCurrent, isServing, hasEnded] of [
    ['booting', true, false, false],
    ['serving', true, true, false],
    ['spent', true, true, false],
    ['retiring', false, true, false],
    ['killed', false, false, false],
    ['hung', false, false, false],
    ['ended', false, false, true],
  ] as const) {
    test(`counts a worker that is ${state}`, (context) => {
      const { pool, add } = bench(context)
      add(1, 'ended')
      const worker = add(2, state)
      assert.deepEqual(pool.members(1), isCurrent ? [worker] : [])
      assert.equal(pool.isAnyServing, isServing)
      assert.equal(pool.haveAllEnded, hasEnded)
      assert.equal(pool.hungCount(1), state === 'hung' ? 1 : 0)
    })
  }

  test('has ended without a worker', () => {
    const pool = new WorkerPool()
    assert.deepEqual([pool.haveAllEnded, pool.isAnyServing, pool.hungCount(1)], [true, false, 0])
  })

  test('leaves a worker that gets a replacement out of the members', (context) => {
    const { pool, add } = bench(context)
    const [serving, spent] = [add(1, 'serving'), add(2, 'spent')]
    pool.replace(spent)
    assert.equal(pool.replaced, spent)
    assert.deepEqual([pool.members(1), pool.serving(1)], [[serving], [serving]])
    assert.deepEqual(pool.listening(1), [serving, spent])
    pool.finishReplacement()
    assert.deepEqual(pool.members(1), [serving, spent])
  })

  test('finds workers that retire for a cause', (context) => {
    const { pool, add } = bench(context)
    add(1, 'retiring')
    assert.deepEqual([pool.isAnyRetiring('hup'), pool.isAnyRetiring('ttou')], [true, false])
  })
})
