import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type DebuggerSession, MainThreadStack } from '../../src/hang-stacks/main-thread-stack.ts'

const limits = {
  answerMs: 40,
  scriptsMs: 40,
  pauseMs: 40,
  wakeMs: 5,
  frames: 2,
  scripts: 10,
  inlineMapChars: 100,
}

/** On a busy machine, an answer at the next turn can take longer than 40 ms. */
const patient = { ...limits, answerMs: 10_000, scriptsMs: 10_000, pauseMs: 10_000 }

type Answer = (session: FakeSession, done: (error: Error | null) => void) => void

/** A session whose main thread answers by the given functions. A missing function never answers. */
class FakeSession implements DebuggerSession {
  readonly posted: string[] = []
  readonly #answers: Readonly<Record<string, Answer>>
  readonly #listeners = new Map<string, (message: { readonly params: unknown }) => void>()

  constructor(answers: Readonly<Record<string, Answer>>) {
    this.#answers = answers
  }

  connectToMainThread(): void {
    this.posted.push('connect')
  }

  disconnect(): void {
    this.posted.push('disconnect')
  }

  on(event: string, listener: (message: { readonly params: unknown }) => void): void {
    this.#listeners.set(event, listener)
  }

  emit(event: string, params: unknown = {}): void {
    this.#listeners.get(event)?.({ params })
  }

  post(method: string, callback: (error: Error | null) => void = () => {}): void {
    this.posted.push(method)
    const { [method]: answer } = this.#answers
    if (answer) setImmediate(() => answer(this, callback))
  }
}

const answers: Answer = (_, done) => done(null)
const refuses: Answer = (_, done) => done(new Error('refused'))
const frameAt = (lineNumber: number): unknown => ({
  functionName: 'work',
  location: { scriptId: '7', lineNumber, columnNumber: 2 },
})
const paused = { callFrames: [frameAt(10), frameAt(20), frameAt(30), frameAt(40)] }

const willing: Readonly<Record<string, Answer>> = {
  'Schema.getDomains': answers,
  'Debugger.enable': (session, done) => {
    session.emit('Debugger.scriptParsed', { scriptId: '7', url: 'file:///a.js' })
    done(null)
  },
  'Debugger.pause': (session) => session.emit('Debugger.paused', paused),
  'Debugger.resume': (session) => session.emit('Debugger.resumed'),
}

/** The commands without the commands that only wake the main thread. */
function commandsOf({ posted }: FakeSession): string[] {
  return posted.filter((method, index) => posted.indexOf(method) === index)
}

const order = [
  ...['connect', 'Schema.getDomains', 'Debugger.enable', 'Debugger.pause', 'Debugger.resume'],
  'disconnect',
]

describe('MainThreadStack', () => {
  test('pauses the main thread, resumes it and disconnects', async () => {
    const session = new FakeSession(willing)
    const capture = await new MainThreadStack(session, patient).take()
    assert.ok(capture.kind === 'stack')
    const frames = [10, 20].map((line) => ({ name: 'work', script: '7', line, column: 2 }))
    assert.deepEqual([capture.frames, capture.more], [frames, 2])
    assert.equal(capture.scripts.get('7')?.url, 'file:///a.js')
    assert.deepEqual(commandsOf(session), order)
    assert.equal(session.posted.at(-1), 'disconnect')
  })

  test('resumes before it reads the frames', async () => {
    const session = new FakeSession({
      ...willing,
      'Debugger.pause': (it) =>
        it.emit('Debugger.paused', {
          get callFrames() {
            assert.ok(it.posted.includes('Debugger.resume'))
            return paused.callFrames
          },
        }),
    })
    assert.equal((await new MainThreadStack(session, patient).take()).kind, 'stack')
  })

  test('resumes again and again until the main thread goes on', async () => {
    let resumes = 0
    const session = new FakeSession({
      ...willing,
      'Debugger.resume': (it) => {
        resumes += 1
        if (resumes === 3) it.emit('Debugger.resumed')
      },
    })
    assert.equal((await new MainThreadStack(session, patient).take()).kind, 'stack')
    assert.equal(resumes, 3)
  })

  test('wakes the main thread until it answers', async () => {
    let questions = 0
    const session = new FakeSession({
      ...willing,
      'Schema.getDomains': (_, done) => {
        questions += 1
        if (questions >= 3) done(null)
      },
      'Debugger.enable': answers,
    })
    // Only the first question has a callback.
    assert.equal((await new MainThreadStack(session, limits).take()).kind, 'native')
    assert.ok(questions >= 3)
  })

  const silent: readonly (readonly [name: string, Readonly<Record<string, Answer>>, string])[] = [
    ['answers nothing', {}, 'Debugger.enable'],
    ['does not list its scripts', { 'Schema.getDomains': answers }, 'Debugger.pause'],
    ['refuses a debugger', { ...willing, 'Debugger.enable': refuses }, 'Debugger.pause'],
    ['does not pause', { ...willing, 'Debugger.pause': answers }, 'never'],
  ]
  for (const [name, given, missing] of silent) {
    test(`has no stack, and disconnects, where the main thread ${name}`, async () => {
      const session = new FakeSession(given)
      assert.deepEqual(await new MainThreadStack(session, limits).take(), { kind: 'native' })
      assert.equal(session.posted.at(-1), 'disconnect')
      assert.ok(!session.posted.includes(missing))
    })
  }

  test('leaves the pause of another debugger alone', async () => {
    const session = new FakeSession({
      ...willing,
      'Debugger.enable': (it, done) => {
        it.emit('Debugger.paused', paused)
        done(null)
      },
    })
    assert.deepEqual(await new MainThreadStack(session, limits).take(), { kind: 'debugger' })
    assert.ok(!session.posted.includes('Debugger.resume'))
    assert.ok(!session.posted.includes('Debugger.pause'))
  })

  test('disconnects where the process forbids the inspector', async () => {
    const session = new FakeSession(willing)
    session.connectToMainThread = () => {
      throw Object.assign(new Error('Access denied'), { code: 'ERR_ACCESS_DENIED' })
    }
    await assert.rejects(new MainThreadStack(session, limits).take(), /Access denied/)
  })

  for (const callFrames of [undefined, 5, [], [5], [{}], [{ functionName: 1, location: {} }]]) {
    test(`has no stack for the frames ${JSON.stringify(callFrames)}`, async () => {
      const session = new FakeSession({
        ...willing,
        'Debugger.pause': (it) => it.emit('Debugger.paused', { callFrames }),
      })
      assert.equal((await new MainThreadStack(session, limits).take()).kind, 'native')
    })
  }
})
