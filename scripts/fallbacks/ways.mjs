import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packExporter } from '../examples/example-copy.ts'
import { createProject } from '../matrix/project.mjs'
import { run } from '../matrix/run.mjs'

/*
 * Ways to be without the addon. Each makes a Node.js for the programs of the tests, and fails if
 * the addon loads there.
 */
export const ways = [
  {
    name: 'missing',
    title: 'the packed package without its files of the addon, as on another platform',
    prepare: withoutFiles,
  },
  {
    name: 'no-addons',
    title: '`--no-addons`',
    prepare: (directory) => withOptions(directory, ['--no-addons']),
  },
  {
    name: 'setting',
    title: '`GUNICORN_CRASH_MEMORY=false`',
    prepare: withSetting,
  },
  {
    name: 'noexec',
    title: 'the packed package on a file system with `noexec`',
    prepare: withoutExecution,
  },
  {
    name: 'permission',
    title: '`--permission` without `--allow-addons`',
    prepare: (directory) => withOptions(directory, ['--permission', ...allowed]),
  },
]

const allowed = [
  // Node.js warns of the other flags, and tests compare stderr.
  '--disable-warning=SecurityWarning',
  ...['--allow-fs-read=*', '--allow-fs-write=*', '--allow-child-process', '--allow-worker'],
  ...(Number(process.versions.node.split('.')[0]) >= 25 ? ['--allow-net'] : []),
]
const own = join(import.meta.dirname, '../..')

async function withOptions(directory, options) {
  const node = makeNode(directory, `NODE_OPTIONS="${options.join(' ')} $NODE_OPTIONS"`)
  return { node, reason: await refusalOf(node, own) }
}

/** The addon loads. A test that sets the variable keeps its value. */
function withSetting(directory) {
  const variable = 'GUNICORN_CRASH_MEMORY'
  const node = makeNode(directory, `${variable}="\${${variable}-false}"`)
  return { node, reason: 'the setting' }
}

/** A script in place of Node.js: tests clean the environment of their programs. */
function makeNode(directory, assignment) {
  mkdirSync(directory)
  const node = join(directory, 'node')
  writeFileSync(node, `#!/bin/sh\n${assignment} exec '${process.execPath}' "$@"\n`, { mode: 0o755 })
  return node
}

async function withoutFiles(directory) {
  mkdirSync(directory)
  const { project, installed } = await install(directory)
  const prebuilt = join(installed, 'native/prebuilt')
  for (const name of readdirSync(prebuilt)) rmSync(join(prebuilt, name))
  const node = process.execPath
  return { node, project, reason: await refusalOf(node, installed) }
}

async function withoutExecution(directory) {
  mkdirSync(directory)
  const options = ['-t', 'tmpfs', '-o', 'noexec,mode=755', 'tmpfs', directory]
  const { status, stderr } = spawnSync('mount', options, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`The way noexec needs root and mount: ${stderr}`)
  // Before the directory is removed.
  process.prependListener('exit', () => spawnSync('umount', ['--lazy', directory]))
  const { project, installed } = await install(directory)
  const node = process.execPath
  return { node, project, reason: await refusalOf(node, installed) }
}

/** A project with the package, as the matrix makes one. */
async function install(directory) {
  const tarball = await packExporter(directory)
  const cell = { node: process.versions.node, otel: /^/ }
  const node = { file: process.execPath }
  const { directory: project } = await createProject({ directory, cell, node, tarball })
  return { project, installed: join(project, 'node_modules/gunicorn-prometheus-exporter') }
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
