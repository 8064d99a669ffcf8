import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { parse } from 'yaml'
import { codeBlocks } from '../support/code-blocks/code-block.ts'
import { need, promtool, pythonWithBotocore } from '../support/tools.ts'

const root = join(import.meta.dirname, '../..')
const folder = join(root, 'deploy/ecs')

describe('The files for ECS', () => {
  test('have a task definition that the library of AWS accepts', (context) => {
    const python = need(context, pythonWithBotocore())
    if (python === undefined) return
    const script = join(root, 'test/support/deploy/validate-task.py')
    const file = join(folder, 'task-definition.json')
    const output = execFileSync(python, [script, file], { encoding: 'utf8', timeout: 120_000 })
    assert.equal(output, '1 containers are valid\n')
  })

  test('have a configuration that Prometheus accepts, and that the guide shows', (context) => {
    const program = need(context, promtool())
    if (program === undefined) return
    const file = join(folder, 'prometheus.yml')
    const args = ['check', 'config', '--syntax-only', file]
    execFileSync(program, args, { encoding: 'utf8', timeout: 60_000 })
    const [shown] = codeBlocks(join(root, 'docs/ecs.md'), 'docs/ecs.md').filter(
      ({ language }) => language === 'yaml',
    )
    assert.deepEqual(parse(shown?.text ?? ''), parse(readFileSync(file, 'utf8')))
  })
})
