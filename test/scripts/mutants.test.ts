import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { writeProject } from '../support/programs/project.ts'

const script = fileURLToPath(new URL('../../scripts/mutants.ts', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'mutants-test-'))
after(() => rmSync(scratch, { recursive: true }))

describe('test:mutants', { concurrency: true }, () => {
  const sum = 'export function sum(a: number, b: number): number {\n  return a + b\n}\n'
  const sumTest = `
    import assert from 'node:assert/strict'
    import { test } from 'node:test'
    import { sum } from '../src/sum.ts'
    test('sum', () => assert.equal(sum(1, 2), 3))
  `

  test('kills each mutant that a test notices, and leaves the file alone', async () => {
    const root = await project('killed', { 'src/sum.ts': sum, 'test/sum.test.ts': sumTest })
    const { code, stdout } = await run(root, 'src')
    assert.match(stdout, /^\| `src\/sum.ts` \| 2 \| 2 \| 0 \| 0 \| 0 \| 100 \|$/m)
    assert.equal(code, 0)
    assert.equal(readFileSync(join(root, 'src/sum.ts'), 'utf8'), sum)
  })

  test('lists survivors and fails below 85 %', async () => {
    const weak = sumTest.replace('sum(1, 2), 3', 'sum(1, 0), 1')
    const root = await project('survivors', { 'src/sum.ts': sum, 'test/sum.test.ts': weak })
    const { code, stdout, stderr } = await run(root, 'src', '--survivors')
    assert.match(stdout, /^\| `src\/sum.ts` \| 2 \| 1 \| 0 \| 1 \| 0 \| 50 \|$/m)
    const entry = { in: 'sum', line: 'return a + b', change: 'a + b → a - b', reason: '' }
    assert.ok(stdout.includes(`src/sum.ts:2\n  ${JSON.stringify(entry)}\n`), stdout)
    assert.equal(stderr, 'src/sum.ts: tests kill fewer than 85 % of the mutants\n')
    assert.equal(code, 1)
  })

  test('does not count equivalent mutants, and writes the table', async () => {
    const entry = { in: 'sum', line: 'return a + b', change: 'a + b → a - b', reason: 'b is 0' }
    const root = await project('equivalent', {
      'src/sum.ts': sum,
      'test/sum.test.ts': sumTest.replace('sum(1, 2), 3', 'sum(1, 0), 1'),
      'test/mutants/equivalent.json': JSON.stringify({ 'src/sum.ts': [entry] }),
      'docs/testing.md': '<!-- mutants -->\n<!-- /mutants -->\n',
    })
    const { code } = await run(root, 'src/sum.ts', '--write-table')
    assert.equal(code, 0)
    const document = readFileSync(join(root, 'docs/testing.md'), 'utf8')
    assert.match(document, /^\| `src\/sum.ts` \| 2 \| 1 \| 0 \| 0 \| 1 \| 100 \|$/m)
  })

  test('refuses a list of equivalent mutants that is wrong', async () => {
    const mutant = { in: 'sum', line: 'return a + b', change: 'a + b → a - b' }
    const entries = [
      { ...mutant, reason: 'a test tells them apart' },
      { ...mutant, change: 'a + b → a * b', reason: 'no such mutant' },
      { ...mutant, reason: ' ' },
    ]
    const root = await project('wrong-list', {
      'src/sum.ts': sum,
      'test/sum.test.ts': sumTest,
      'test/mutants/equivalent.json': JSON.stringify({ 'src/sum.ts': entries }),
    })
    const { code, stderr } = await run(root, 'src')
    assert.match(
      stderr,
      /^src\/sum.ts:2 a \+ b → a - b is listed as equivalent, but a test kills it$/m,
    )
    assert.match(stderr, /"a \+ b → a \* b" of "return a \+ b" in "sum" names no mutant$/m)
    assert.match(stderr, /has no reason$/m)
    assert.equal(code, 1)
  })

  test('runs the same sample each time', async () => {
    const root = await project('sample', { 'src/sum.ts': sum, 'test/sum.test.ts': '' })
    const [first, second] = await Promise.all([
      run(root, 'src', '--sample', '1', '--survivors'),
      run(root, 'src', '--sample', '1', '--survivors'),
    ])
    assert.match(first.stdout, /^\| `src\/sum.ts` \| 1 of 2 \| 0 \| 0 \| 1 \| 0 \| 0 \|$/m)
    assert.equal(first.stdout, second.stdout)
  })

  test('counts a hang as timed out, and ends each process of the test', async () => {
    const pids = join(scratch, 'pids')
    const root = await project('hang', {
      'src/hang.ts': 'export const timer = setInterval(() => 0, 1e9).unref()\n',
      'test/hang.test.ts': `
        import { spawn } from 'node:child_process'
        import { appendFileSync } from 'node:fs'
        import '../src/hang.ts'
        const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' })
        child.unref()
        appendFileSync(${JSON.stringify(pids)}, child.pid + '\\n')
      `,
    })
    const { stdout } = await run(root, 'src')
    assert.match(stdout, /^\| `src\/hang.ts` \| 4 \| 0 \| 1 \| 3 \| 0 \| 25 \|$/m)
    for (const pid of readFileSync(pids, 'utf8').trim().split('\n')) {
      assert.equal(await isGone(Number(pid)), true, `${pid} is alive`)
    }
  })

  test('survives a mutant that signals another process', async () => {
    const root = await project('signal', {
      'src/alive.ts': 'export const isAlive = (pid: number) => process.kill(pid, 0)\n',
      'test/alive.test.ts': `
        import { test } from 'node:test'
        import { isAlive } from '../src/alive.ts'
        test('alive', () => { if (!isAlive(process.ppid)) throw new Error('gone') })
      `,
    })
    const { code, stdout } = await run(root, 'src')
    assert.match(stdout, /^\| `src\/alive.ts` \| 2 \| 2 \| 0 \| 0 \| 0 \| 100 \|$/m)
    assert.equal(code, 0)
  })

  test('reports a test that fails without a mutant', async () => {
    const root = await project('failing', {
      'src/sum.ts': sum,
      'test/sum.test.ts': sumTest.replace('3', '4'),
    })
    const { code, stderr } = await run(root, 'src')
    assert.match(stderr, /^test\/sum.test.ts failed without a mutant, /)
    assert.equal(code, 1)
  })

  for (const [name, args, text] of [
    ['a pattern without files', ['src/none'], 'no file matches src/none\n'],
    [
      'no mutants',
      ['--sample', '0', 'src'],
      '--sample is 0, but has to be a whole number from 1\n',
    ],
    ['an unknown option', ['--no'], /Unknown option '--no'/],
  ] as const) {
    test(`refuses ${name}`, async () => {
      const root = await project(name.replaceAll(' ', '-'), { 'src/a.ts': '' })
      const { code, stderr } = await run(root, ...args)
      if (typeof text === 'string') assert.equal(stderr, text)
      else assert.match(stderr, text)
      assert.equal(code, 2)
    })
  }
})

/** Makes a project with these files. Returns its folder. */
async function project(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const root = join(scratch, name)
  await writeProject(root, files)
  return root
}

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

async function run(cwd: string, ...args: string[]): Promise<Ended> {
  return await new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { cwd }, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr })
    })
  })
}

/** A killed process stays for a moment, until its parent takes note. */
async function isGone(pid: number): Promise<boolean> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    try {
      process.kill(pid, 0)
      if (/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) return true
    } catch {
      return true
    }
    await setTimeout(20)
  }
  return false
}
