import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  closeSync,
  constants,
  openSync,
  read,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { requestLimits } from '../../../src/limits/tools/requests.ts'
import { LineFile } from '../../../src/master/requests/line-file.ts'
import { eventually } from '../../support/programs/app.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

interface Losses {
  lines: number
  reasons: string[]
}

function opened(file: string): { lines: LineFile; lost: Losses } {
  const lost: Losses = { lines: 0, reasons: [] }
  const lines = new LineFile({
    file,
    onWritten: () => {},
    onLost(count, reason) {
      lost.lines += count
      lost.reasons.push(reason)
    },
  })
  return { lines, lost }
}

const module = JSON.stringify(
  join(import.meta.dirname, '../../../src/master/requests/line-file.ts'),
)

async function namedPipe(context: TestContext): Promise<string> {
  const file = join(await temporaryDirectory(context), 'pipe')
  assert.equal(spawnSync('mkfifo', [file]).status, 0)
  return file
}

/** Holds all threads of Node.js for files. @returns a function that frees the threads. */
async function holdThreads(context: TestContext): Promise<() => void> {
  const pipe = await namedPipe(context)
  const descriptor = openSync(pipe, 'r+')
  const threads = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4)
  for (let thread = 0; thread < threads; thread += 1) {
    read(descriptor, Buffer.alloc(1), 0, 1, null, () => {})
  }
  let isHeld = true
  const release = (): void => {
    if (isHeld) writeSync(descriptor, '.'.repeat(threads))
    isHeld = false
  }
  context.after(release)
  return release
}

describe('LineFile', () => {
  test('appends lines in their order, and keeps what the file has', async (context) => {
    const file = join(await temporaryDirectory(context), 'log')
    writeFileSync(file, 'before\n')
    const { lines, lost } = opened(file)
    const many = Array.from({ length: 20_000 }, (_, index) => `line ${index}`)
    for (const line of many) lines.append(line)
    await eventually(() => assert.equal(readFileSync(file, 'utf8'), `before\n${many.join('\n')}\n`))
    assert.equal(lost.lines, 0)
  })

  test('writes waiting lines at the end of the process', async (context) => {
    const file = join(await temporaryDirectory(context), 'log')
    const { lines } = opened(file)
    lines.append('last')
    lines.flush()
    assert.equal(readFileSync(file, 'utf8'), 'last\n')
  })

  test('opens the path again after a rotation', async (context) => {
    const file = join(await temporaryDirectory(context), 'log')
    const { lines } = opened(file)
    lines.append('old')
    lines.flush()
    renameSync(file, `${file}.1`)
    lines.reopen()
    lines.append('new')
    lines.flush()
    assert.equal(readFileSync(`${file}.1`, 'utf8'), 'old\n')
    assert.equal(readFileSync(file, 'utf8'), 'new\n')
  })

  test('keeps the old file open until its write ends', async (context) => {
    const directory = await temporaryDirectory(context)
    const file = join(directory, 'log')
    const release = await holdThreads(context)
    const { lines } = opened(file)
    lines.append('x'.repeat(requestLimits.writeChars))
    renameSync(file, `${file}.1`)
    lines.reopen()
    await setTimeout(1_500)
    const others = [1, 2, 3, 4].map((number) => openSync(join(directory, `other${number}`), 'a'))
    context.after(() => others.forEach(closeSync))
    release()
    await eventually(() => assert.ok(statSync(`${file}.1`).size > requestLimits.writeChars))
    assert.equal(statSync(file).size, 0)
  })

  test('counts the lines that a full disk does not take', async () => {
    const { lines, lost } = opened('/dev/full')
    for (const line of ['a', 'b', 'c']) lines.append(line)
    await eventually(() => assert.equal(lost.lines, 3))
    assert.match(lost.reasons.join(), /ENOSPC/)
    lines.append('d')
    await eventually(() => assert.equal(lost.lines, 4))
  })

  test('loses lines beyond its bound', () => {
    const { lines, lost } = opened('/dev/null')
    const line = 'x'.repeat(999)
    const count = Math.ceil(requestLimits.waitingChars / 1_000) + 100
    for (let index = 0; index < count; index += 1) lines.append(line)
    assert.ok(lost.lines >= 4)
    assert.match(lost.reasons.join(), /too many lines/)
  })

  test('throws for a file that cannot be opened', () => {
    assert.throws(() => opened('/no-such-directory/log'), /ENOENT/)
  })

  test('loses lines when the reader of a pipe is gone, and goes on', () => {
    const program = `
      const { LineFile } = await import(${module})
      let lost = 0
      const onLost = (lines) => { lost += lines }
      const lines = new LineFile({ file: '-', onLost, onWritten() {} })
      setTimeout(() => {
        lines.append('a')
        setTimeout(() => process.stderr.write('lost ' + lost), 500)
      }, 300)`
    const shell = `"${process.execPath}" --input-type=module -e "$PROGRAM" | true`
    const { stderr } = spawnSync('sh', ['-c', shell], {
      encoding: 'utf8',
      env: { ...process.env, PROGRAM: program },
    })
    assert.match(stderr, /lost 1/)
  })

  test('a pipe without a reader holds neither the start nor the end', async (context) => {
    const file = JSON.stringify(await namedPipe(context))
    const program = `
      const { LineFile } = await import(${module})
      let lost = 0
      const onLost = (lines) => { lost += lines }
      const lines = new LineFile({ file: ${file}, onLost, onWritten() {} })
      for (let index = 0; index < 200; index += 1) lines.append('x'.repeat(999))
      setTimeout(() => {
        lines.reopen()
        lines.flush()
        console.log('lost ' + lost)
        process.exit()
      }, 500)`
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
      timeout: 20_000,
    })
    const lost = Number(/^lost (\d+)$/m.exec(stdout)?.[1])
    // Linux keeps 64 KiB in a pipe.
    assert.ok(lost > 100 && lost < 200, stdout)
  })

  test('keeps the lines for a reader that reads slowly', async (context) => {
    const file = await namedPipe(context)
    const reader = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
    context.after(() => closeSync(reader))
    const { lines, lost } = opened(file)
    const many = Array.from({ length: 20_000 }, (_, index) => `line ${index}`)
    for (const line of many) lines.append(line)
    const got: string[] = []
    const buffer = Buffer.alloc(8_192)
    await eventually(() => {
      got.push(readSome(reader, buffer))
      assert.equal(got.join(''), `${many.join('\n')}\n`)
    })
    assert.equal(lost.lines, 0)
  })
})

function readSome(reader: number, buffer: Buffer): string {
  try {
    return buffer.toString('utf8', 0, readSync(reader, buffer))
  } catch {
    return ''
  }
}
