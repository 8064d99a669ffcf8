import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { encodeFrame } from '../../../src/master/control/frame.ts'
import { controlledMaster, servingPids } from '../../support/control/control-client.ts'
import { cleanEnvironment, nodeUnderTest } from '../../support/programs/app.ts'
import { command } from '../../support/programs/master.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

interface Output {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

async function ctl(args: readonly string[], input = ''): Promise<Output> {
  const child = spawn(nodeUnderTest, [command, 'ctl', ...args], { env: cleanEnvironment({}) })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => {
    output.stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    output.stderr += chunk
  })
  child.stdin.end(input)
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, ...output }
}

test('ctl shows and steers a master', async (context) => {
  const { socket, child } = await controlledMaster(context)
  const [pid = 0] = await servingPids(socket, 1)

  await context.test('with words, with --command, and as JSON', async () => {
    const words = await ctl(['-s', socket, 'show', 'workers'])
    assert.match(words.stdout, new RegExp(`^PID .*\n${pid} +1 +yes .* serving\n\nTotal: 1 workers`))
    const { stdout } = await ctl(['--json', '--socket', socket, '-c', 'show stats'])
    assert.equal(JSON.parse(stdout).pid, child.pid)
  })

  await context.test('with lines of a pipe, on one connection', async () => {
    const input = 'show stats\n\nbogus\nshow listeners\nquit\nshow all\n'
    const { code, stdout, stderr } = await ctl(['-s', socket], input)
    assert.equal(code, 1)
    assert.match(stdout, /workers_target +1\n[\s\S]*Total: 1 listeners\n$/)
    assert.match(stderr, /^Error: "bogus" is not a command; allowed are show all, /)
  })

  await context.test('and says what is wrong', async () => {
    for (const [args, code, error] of [
      [
        ['-s', `${socket}.none`, 'help'],
        1,
        /does not exist\. Is run running, as this user and.* \(GPE_CONTROL_UNREACHABLE\)\n$/,
      ],
      [['-s', '/dev/null', 'help'], 1, /\/dev\/null.* \(GPE_CONTROL_UNREACHABLE\)\n$/],
      [
        ['-s', socket, 'worker', 'kill', '1'],
        1,
        /^Error: Worker 1 not found \(GPE_CONTROL_COMMAND\)\n$/,
      ],
      [['--sockets', socket], 2, /--sockets is not an option of ctl; did you mean --socket\?/],
      [['-s', socket, '-c', 'help', 'show'], 2, /two commands; allowed is one/],
    ] as const) {
      const output = await ctl(args)
      assert.equal(output.code, code, output.stderr)
      assert.match(output.stderr, error)
    }
  })
})

/** The path of a socket where another program answers each request. */
async function otherProgram(context: TestContext, act: (socket: Socket) => void): Promise<string> {
  const path = join(await temporaryDirectory(context), 'other.ctl')
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => act(socket))
  }).listen(path)
  context.after(() => server.close())
  await once(server, 'listening')
  return path
}

/** Deeper than the stack of a program that writes the value as JSON. */
const deep = `{"status":"ok","data":{"deep":${'['.repeat(200_000)}${']'.repeat(200_000)}}}`

describe('ctl that reaches a process', () => {
  const noAnswer = [
    ['closes the connection', (socket: Socket) => socket.destroy(), /closed the connection\./],
    [
      'answers with a number',
      (socket: Socket) => socket.write(encodeFrame(1)),
      /no answer of this/,
    ],
    ['speaks HTTP', (socket: Socket) => socket.write('HTTP/1.1 400 Bad\r\n'), /no answer of this/],
  ] as const
  for (const [name, act, reason] of noAnswer) {
    test(`which ${name} has a code for the answer`, async (context) => {
      const { code, stderr } = await ctl(['-s', await otherProgram(context, act), 'help'])
      assert.equal(code, 1)
      assert.match(stderr, reason)
      assert.match(stderr, / \(GPE_CONTROL_ANSWER\)\n$/)
    })
  }

  test('and gets an error without a code shows the code of a command', async (context) => {
    const refusal = encodeFrame({ status: 'error', error: 'Unknown command' })
    const path = await otherProgram(context, (socket) => void socket.write(refusal))
    const { stderr } = await ctl(['-s', path, 'help'])
    assert.equal(stderr, 'Error: Unknown command (GPE_CONTROL_COMMAND)\n')
  })

  test('and fails itself shows its own error, not a code of the socket', async (context) => {
    const body = Buffer.from(deep)
    const head = Buffer.alloc(4)
    head.writeUInt32BE(body.length)
    const answer = Buffer.concat([head, body])
    const path = await otherProgram(context, (socket) => void socket.write(answer))
    const { code, stderr } = await ctl(['-s', path, '--json', 'help'])
    assert.equal(code, 1)
    assert.match(stderr, /^Error: RangeError: Maximum call stack size exceeded\n {4}at /)
    assert.doesNotMatch(stderr, /GPE_/)
  })
})
