// Runs the end-to-end tests against the packed package with every supported Node and OTel line.
//
//   npm run test:matrix                    all cells
//   npm run test:matrix -- --only 20,26    those whose Node begins with 20 or 26
//   npm run test:matrix -- --otel 2.12     those whose OpenTelemetry line is 2.12 (or 3)
//   npm run test:matrix -- --keep          leaves the projects in the temporary directory
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { packExporter } from './examples/example-copy.ts'
import { selectCells } from './matrix/cells.mjs'
import { installNode } from './matrix/node-binary.mjs'
import { createProject } from './matrix/project.mjs'
import { header, row } from './matrix/table.mjs'
import { runTests } from './matrix/tests.mjs'

const { values } = parseArgs({
  options: { only: { type: 'string' }, otel: { type: 'string' }, keep: { type: 'boolean' } },
})
const directory = mkdtempSync(join(tmpdir(), 'matrix-'))
process.on('exit', () => {
  if (values.keep) process.stdout.write(`Kept: ${directory}\n`)
  else rmSync(directory, { recursive: true, force: true })
})
process.on('SIGINT', () => process.exit(130))
process.on('SIGTERM', () => process.exit(143))

const cells = selectCells(values)
if (cells.length === 0) {
  throw new Error(`No cell has Node ${values.only ?? '*'} and OpenTelemetry ${values.otel ?? '*'}.`)
}
const tarball = await packExporter(directory)
process.stdout.write(header())
const results = []
for (const cell of cells) {
  const result = await runCell(cell)
  process.stdout.write(row(cell, result))
  if (result.log) process.stdout.write(`\n${result.log}\n`)
  results.push(result)
}
process.exitCode = results.every(({ isGood }) => isGood) ? 0 : 1

async function runCell(cell) {
  const start = Date.now()
  try {
    const node = await installNode(cell.node)
    const project = await createProject({ directory, cell, node, tarball })
    const report = join(project.directory, 'report.txt')
    const tests = await runTests({ node: node.file, project: project.directory, report })
    return { ...tests, versions: [node.version, project.otel], seconds: secondsSince(start) }
  } catch (error) {
    return { isGood: false, log: `${error.stack}`, versions: [], seconds: secondsSince(start) }
  }
}

function secondsSince(start) {
  return Math.round((Date.now() - start) / 1_000)
}
