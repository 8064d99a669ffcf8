import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createProject, packPackage } from '../matrix/project.mjs'
import { run } from '../matrix/run.mjs'

/*
 * Ways to be without the addon. Each makes a Node.js for the programs of the tests, and fails if
 * the addon loads there.
 */
export const ways = [
  {
    name: 'no-addons',
    title: '`--no-addons`',
    prepare: (directory) => withOptions(directory, ['--no-addons']),
  },
  {
    name: 'permission',
    title: '`--permission` without `--allow-addons`',
    prepare: (directory) => withOptions(directory, ['--permission', ...allowed]),
  },
  {
    name: 'missing',
    title: 'the packed package without its files of the addon, as on another platform',
    prepare: withoutFiles,
  },
]

const allowed = [
  // Node.js warns of the other flags, and tests compare stderr.
  '--disable-warning=SecurityWarning',
  ...['--allow-fs-read=*', '--allow-fs-write=*', '--allow-child-process', '--allow-worker'],
  ...(Number(process.versions.node.split('.')[0]) >= 25 ? ['--allow-net'] : []),
]
const own = join(import.meta.dirname, '../..')

/** A script in place of Node.js: tests clean the environment of their programs. */
async function withOptions(directory, options) {
  mkdirSync(directory)
  const node = join(directory, 'node')
  const text = `#!/bin/sh
NODE_OPTIONS="${options.join(' ')} $NODE_OPTIONS" exec '${process.execPath}' "$@"
`
  writeFileSync(node, text, { mode: 0o755 })
  return { node, reason: await refusalOf(node, own) }
}

/** A project with the package, as the matrix makes one. */
async function withoutFiles(directory) {
  mkdirSync(directory)
  const node = process.execPath
  const tarball = await packPackage(directory)
  const cell = { node: process.versions.node, otel: /^/ }
  const made = await createProject({ directory, cell, node: { file: node }, tarball })
  const installed = join(made.directory, 'node_modules/gunicorn-prometheus-exporter')
  const prebuilt = join(installed, 'native/prebuilt')
  for (const name of readdirSync(prebuilt)) rmSync(join(prebuilt, name))
  return { node, project: made.directory, reason: await refusalOf(node, installed) }
}

/** The code of the error with which Node.js refuses the addon of a package. */
async function refusalOf(node, place) {
  const file = join(place, `native/prebuilt/${process.platform}-${process.arch}.node`)
  const program = `
    const { readFileSync } = require('node:fs')
    try {
      readFileSync(process.argv[1])
      process.dlopen({ exports: {} }, process.argv[1])
    } catch (error) {
      process.stdout.write(error.code)
    }`
  const code = await run(node, ['--no-warnings', '--eval', program, file])
  if (code === '') throw new Error(`${node} loads ${file}`)
  return `\`${code}\``
}
