import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { crashes } from './support/operated/crashes.mjs'
import { deploys } from './support/operated/deploys.mjs'
import { pythonWith } from './support/operated/install.mjs'
import { print, printHead, printTail } from './support/print.mjs'

/*
 * The same scenarios on gunicorn and on `run`, one after the other, as a table in Markdown.
 *
 *   npm run build && node bench/gunicorn.mjs [--only PATTERN]
 *
 * gunicorn runs threads, so that connections stay open between requests. Where a worker hangs, it
 * runs its workers of one request at a time: their heartbeat stops with the request. A number of
 * failed requests depends on the machine; whether the number is 0 does not.
 */

const gunicornVersion = '27.0.1'
const path = (file) => fileURLToPath(new URL(file, import.meta.url))

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } })
const python = pythonWith([`gunicorn==${gunicornVersion}`])
const threads = ['--worker-class', 'gthread', '--threads', '16']

const gunicorn = {
  name: `gunicorn ${gunicornVersion}`,
  daemon: ['--daemon'],
  oneByOne: ['--worker-class', 'sync', '--threads', '1'],
  command: (address, options) => [
    ...[python, '-m', 'gunicorn', '--bind', address, ...threads],
    ...[...options, 'operated:app'],
  ],
}

const run = {
  name: '`run`',
  daemon: [],
  oneByOne: [],
  command: (_address, options) => [
    ...[process.execPath, path('../dist/cli.cjs'), 'run', ...options, 'operated.cjs'],
  ],
}

printHead('gunicorn and run', { node: process.execPath, packages: [] })
print(`  ${spawnSync(python, ['--version'], { encoding: 'utf8' }).stdout.trim()}`)
print()
print(`| case | ${gunicorn.name} | ${run.name} |\n|---|---|---|`)
for (const [title, scenario] of Object.entries({ ...deploys, ...crashes })) {
  if (!new RegExp(values.only).test(title)) continue
  const results = []
  for (const program of [gunicorn, run]) {
    results.push(await scenario(program).catch((error) => `failed: ${error.message}`))
  }
  print(`| ${title} | ${results.join(' | ')} |`)
}
printTail()
