import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { ownProgram, threadSource } from '../../src/files/own-program.ts'
import { preloadKey } from '../../src/support/preload-key.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'

/** A thread that answers with its names, and with what a package tells. */
const program = `require('node:worker_threads').parentPort.postMessage(
  [__filename, __dirname, globalThis.isSetUp === true],
) // The end is a comment.`

describe('The program of a thread', () => {
  test('is its file in an installed package', async (context) => {
    const { directory, path } = await installed(context)
    const found = ownProgram('thread.cjs', directory)
    assert.deepEqual(found, { kind: 'file', path })
    assert.deepEqual(threadSource(found, true), { source: path, isText: false })
    assert.deepEqual(await answerOf(found), [path, directory, false])
  })

  test('is a text in a bundle, which has no file beside it', async (context) => {
    const directory = await temporaryDirectory(context)
    pack(context, { 'thread.cjs': program })
    const found = ownProgram('thread.cjs', directory)
    const path = join(directory, 'thread.cjs')
    assert.deepEqual(found, { kind: 'text', path, text: program })
    assert.deepEqual(await answerOf(found), [path, directory, false])
  })

  test('is its file in a bundle without a text of this name', async (context) => {
    const { directory, path } = await installed(context)
    pack(context, { 'other.cjs': '' })
    assert.deepEqual(ownProgram('thread.cjs', directory), { kind: 'file', path })
  })
})

describe('The program of a thread under Plug’n’Play of Yarn', () => {
  test('is the text of the file', async (context) => {
    const { directory, path } = await installed(context)
    plugAndPlay(context)
    const found = ownProgram('thread.cjs', directory)
    assert.deepEqual(found, { kind: 'text', path, text: program })
    assert.deepEqual(await answerOf(found), [path, directory, false])
  })

  test('sets up the archives first where the thread uses packages', async (context) => {
    const { directory, path } = await installed(context)
    plugAndPlay(context)
    installApi(directory)
    const found = ownProgram('thread.cjs', directory)
    assert.deepEqual(await answerOf(found, true), [path, directory, true])
    assert.deepEqual(await answerOf(found, false), [path, directory, false])
  })

  test('starts where the archives have no API', async (context) => {
    const { directory, path } = await installed(context)
    plugAndPlay(context)
    const found = ownProgram('thread.cjs', directory)
    assert.deepEqual(await answerOf(found, true), [path, directory, false])
  })

  test('throws where the file cannot be read', async (context) => {
    plugAndPlay(context)
    assert.throws(() => ownProgram('thread.cjs', '/nowhere'), /ENOENT.*\/nowhere\/thread\.cjs/)
  })
})

test('A text sets nothing up without Plug’n’Play of Yarn', async (context) => {
  const { directory, path } = await installed(context)
  installApi(directory)
  const found = { kind: 'text', path, text: program } as const
  assert.deepEqual(threadSource(found, true), threadSource(found, false))
  assert.deepEqual(await answerOf(found, true), [path, directory, false])
})

async function installed(context: TestContext): Promise<{ directory: string; path: string }> {
  const directory = await temporaryDirectory(context)
  const path = join(directory, 'thread.cjs')
  writeFileSync(path, program)
  return { directory, path }
}

function pack(context: TestContext, programTexts: Record<string, string>): void {
  Reflect.set(globalThis, preloadKey, { programTexts })
  context.after(() => Reflect.deleteProperty(globalThis, preloadKey))
}

/** A package that a thread can load without the archives of Yarn. */
function installApi(directory: string): void {
  const api = join(directory, 'node_modules/pnpapi/index.js')
  mkdirSync(dirname(api), { recursive: true })
  writeFileSync(api, 'exports.setup = () => { globalThis.isSetUp = true }')
}

/** Marks this process as Plug'n'Play does. */
function plugAndPlay(context: TestContext): void {
  Object.defineProperty(process.versions, 'pnp', { value: '3', configurable: true })
  context.after(() => Reflect.deleteProperty(process.versions, 'pnp'))
}

/** The answer of a real thread with the program. */
async function answerOf(
  found: ReturnType<typeof ownProgram>,
  usesPackages = false,
): Promise<unknown> {
  const { source, isText } = threadSource(found, usesPackages)
  const thread = new Worker(source, { eval: isText })
  return await new Promise((resolve, reject) => {
    thread.once('message', resolve).once('error', reject)
  })
}
