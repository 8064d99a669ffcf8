import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { installNode } from '../scripts/matrix/node-binary.mjs'
import { print } from './support/print.mjs'
import { parts } from './support/report/parts.ts'
import { sectionOf, withSection } from './support/report/section.ts'

/*
 * The benchmarks of bench/README.md, one after the other, as one document in Markdown.
 *
 *   npm run bench -- [--quick] [--node PATH] [--only NAMES] [--write]
 *
 * bench/support/report/parts.ts has the names and the times. `--node PATH` measures this Node
 * instead of the Nodes of the parts. `--write` replaces the sections in bench/README.md, and then
 * the figures in README.md. A part that fails does not stop the others.
 */

/** A part that takes longer is ended, and fails. */
const longestMs = 20 * 60_000
const document = new URL('README.md', import.meta.url)
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    node: { type: 'string' },
    only: { type: 'string', default: Object.keys(parts).join(',') },
  },
})
const quickNote = '- A quick run with few rounds, whose figures prove nothing.'
const names = values.only.split(',')
const unknown = names.find((name) => parts[name] === undefined)
if (unknown !== undefined) {
  throw new RangeError(`--only has ${unknown}; allowed are ${Object.keys(parts).join(', ')}.`)
}

for (const name of names) await measure(name, parts[name])
if (values.write) await run(process.execPath, [pathOf('../scripts/documents.ts')])

async function measure(name, part) {
  process.stderr.write(`${name}: about ${values.quick ? 'a minute' : `${part.minutes} minutes`}\n`)
  try {
    const { title, body } = sectionOf(await run(process.execPath, await commandOf(part)))
    const section = values.quick ? `${quickNote}\n${body}` : body
    print(`## ${title}\n\n${section}\n`)
    if (values.write) save(name, section)
  } catch (error) {
    process.exitCode = 1
    print(`## ${name}: failed\n\n- ${error.message}\n`)
  }
}

async function commandOf({ program, args = [], flags = [], node, isFixed = false }) {
  const measured = values.node ?? (node && (await installNode(node)).file)
  return [
    ...flags,
    pathOf(program),
    ...(values.quick ? withoutRounds(args) : args),
    ...(values.quick ? ['--quick'] : []),
    ...(isFixed || measured === undefined ? [] : ['--node', measured]),
  ]
}

/** A quick run has a number of rounds of its own. */
function withoutRounds(args) {
  const at = args.indexOf('--rounds')
  return at < 0 ? args : [...args.slice(0, at), ...args.slice(at + 2)]
}

function save(name, section) {
  writeFileSync(document, withSection(readFileSync(document, 'utf8'), name, section))
}

/** @returns what the program printed. */
async function run(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], timeout: longestMs })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text
  })
  const [code, signal] = await once(child, 'close')
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${signal ?? code}:\n${output}`)
  return output
}

function pathOf(file) {
  return fileURLToPath(new URL(file, import.meta.url))
}
