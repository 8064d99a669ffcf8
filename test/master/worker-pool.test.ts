import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { ManagedWorker } from '../../src/master/managed-worker.ts'
import { WorkerPool } from '../../src/master/worker-pool.ts'
import type { WorkerState } from '../../src/master/worker-state.ts'
import { notingHooks, testLog } from '../support/master/bench.ts'
import { FakeWorker } from '../support/master/fake-cluster.ts'
import { runSettings } from '../support/master/run-settings.ts'

interface Bench {
  readonly pool: WorkerPool
  /** Adds a worker of the present generation in a state. */
  readonly add: (id: number, state: WorkerState | 'hung') => ManagedWorker
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
  const add = (id: number, state: WorkerState | 'hung'): ManagedWorker => {
    const worker = new FakeWorker(id, undefined)
    const managed = new ManagedWorker({
      ...{ hooks, log, worker: worker.asWorker(), generation: pool.generation },
      settings: runSettings({ timeoutMs: 1_000 }),
      now: () => 0,
      onChange: () => {},
      isListener: () => true,
      exporter: { tellsDeaths: () => false, heldBy: undefined },
      onNoProcess: () => {},
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

  test('separates workers of this generation from workers of earlier generations', (context) => {
    const { pool, add } = bench(context)
    const [first, hung] = [add(1, 'serving'), add(2, 'hung')]
    assert.deepEqual([pool.current(), pool.old(), pool.hungCount], [[first], [], 1])
    pool.startGeneration()
    const next = add(3, 'booting')
    assert.deepEqual([pool.current(), pool.old()], [[next], [first, hung]])
    assert.deepEqual([pool.hungCount, pool.generation], [0, 1])
    pool.startGeneration()
    assert.deepEqual([pool.current(), pool.old()], [[], [first, hung, next]])
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
      assert.deepEqual(pool.current(), isCurrent ? [worker] : [])
      assert.equal(pool.isAnyServing, isServing)
      assert.equal(pool.haveAllEnded, hasEnded)
      assert.equal(pool.hungCount, state === 'hung' ? 1 : 0)
    })
  }

  test('has ended without a worker', () => {
    const pool = new WorkerPool()
    assert.deepEqual([pool.haveAllEnded, pool.isAnyServing, pool.hungCount], [true, false, 0])
  })

  test('replaces one spent worker at a time', (context) => {
    const { pool, add } = bench(context)
    const serving = add(1, 'serving')
    assert.equal(pool.replaceSpent(), false)
    assert.equal(pool.replaced, undefined)
    const [first, second] = [add(2, 'spent'), add(3, 'spent')]
    assert.equal(pool.replaceSpent(), true)
    assert.equal(pool.replaced, first)
    assert.deepEqual(pool.current(), [serving, second])
    assert.equal(pool.replaceSpent(), false)
    pool.finishReplacement(second)
    assert.equal(pool.replaced, first)
    first.ended(0, null)
    pool.finishReplacement(first)
    assert.equal(pool.replaced, undefined)
    assert.equal(pool.replaceSpent(), true)
    assert.equal(pool.replaced, second)
  })
})
