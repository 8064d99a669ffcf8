import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'

/*
 * Applications and their tests replace timers and clocks. Code in their process uses the functions
 * of src/support/intrinsics, which the preload takes before the application loads.
 */

const root = join(import.meta.dirname, '..')
const intrinsics = join(root, 'src/support/intrinsics')

/** The files that a process of an application loads. Threads have functions of their own. */
const entries = [
  ...['preload/register.ts', 'preload/runtime.ts', 'packed/register.ts', 'index.ts'],
  ...['master/agent/agent.ts', 'master/drains/on-drain.ts', 'master/warm-up/on-warm-up.ts'],
]

const replaceable = [
  /from 'node:timers/,
  /\bDate\.now\b/,
  /\bnew Date\(/,
  /\bqueueMicrotask\b/,
  /\bprocess\.(?:nextTick|hrtime)\b/,
  /\bperformance\./,
]
const timer = /(?<![.#\w])(?:set|clear)(?:Timeout|Interval|Immediate)(?=\()/g

test('Code in the process of an application calls no timer and no clock that can be fake', () => {
  const files = reached(entries.map((entry) => join(root, 'src', entry)))
  assert.ok(files.length > 100, 'the imports were not found')
  const wrong = files
    .filter((file) => dirname(file) !== intrinsics)
    .flatMap((file) => faultsIn(file).map((fault) => `${relative(root, file)}: ${fault}`))
  assert.deepEqual(wrong, [])
})

test('The preload takes each function before the application loads', () => {
  const names = readdirSync(intrinsics).flatMap((file) => {
    const text = readFileSync(join(intrinsics, file), 'utf8')
    return [...text.matchAll(/= firstTaken\(\s*'(\w+)'/g)].map(([, name]) => name)
  })
  assert.ok(names.length > 5, 'the functions were not found')
  const print = `Object.keys(globalThis[Symbol.for('gunicorn-prometheus-exporter.taken')]).join()`
  const flags = ['--require', join(root, 'dist/register.cjs'), '-p', print]
  const taken = execFileSync(process.execPath, flags).toString().trim().split(',')
  assert.deepEqual(taken.sort(), names.sort())
})

/** The files and all that they import, types excepted. */
function reached(files: readonly string[], found = new Set<string>()): readonly string[] {
  for (const file of files) {
    if (found.has(file)) continue
    found.add(file)
    const imports = readFileSync(file, 'utf8').matchAll(
      /^(?:import|export) (?!type )[^'"]*?from '(\.[^']+)'/gm,
    )
    reached(
      [...imports].map(([, target = '']) => join(dirname(file), target)),
      found,
    )
  }
  return [...found]
}

function faultsIn(file: string): readonly string[] {
  const text = withoutComments(readFileSync(file, 'utf8'))
  const imported = /import \{([^}]*)\} from '[^']*intrinsics\/timers\.ts'/.exec(text)?.[1] ?? ''
  const timers = [...text.matchAll(timer)].map(([name]) => name)
  return [
    ...replaceable.flatMap((pattern) => pattern.exec(text)?.[0] ?? []),
    ...timers.filter((name) => !imported.includes(name)),
  ]
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '')
}
