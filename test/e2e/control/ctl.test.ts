import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import { controlledMaster, servingPids } from '../../support/control/control-client.ts'
import { cleanEnvironment, nodeUnderTest } from '../../support/programs/app.ts'
import { command } from '../../support/programs/master.ts'

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
      [['-s', `${socket}.none`, 'help'], 1, /does not exist\. Is run running, as this user and/],
      [['-s', '/dev/null', 'help'], 1, /\/dev\/null/],
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
