import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { configurations, withCollector } from '../support/otel/collector.ts'
import { eventually } from '../support/programs/app.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'
import { need, otelcol, promtool } from '../support/tools.ts'

const collectors = ['scrape.yaml', 'push.yaml', 'agent.yaml', 'gateway.yaml']

describe('The Collector', () => {
  test('has a configuration in every .yaml file of the folder', async () => {
    const files = (await readdir(configurations)).filter((file) => file.endsWith('.yaml'))
    assert.deepEqual(files.sort(), collectors.toSorted())
  })

  for (const file of collectors) {
    test(`validates ${file} and starts with ${file}, without a warning`, async (context) => {
      const program = need(context, otelcol())
      if (program === undefined) return
      // The Collector creates the directory of its queue when it validates.
      const directory = await temporaryDirectory(context)
      const config = `--config=${join(configurations, file)}`
      assert.equal(outputOf(program, ['validate', config], directory), '')
      const env = { AGENT_STORAGE: directory }
      await withCollector({ otelcol: program, config: file, env }, async ({ stderr }) => {
        await eventually(() => assert.match(stderr(), /\tinfo\t.*Everything is ready/))
        // Without a gateway, the agent tries again and again.
        const lines = stderr()
          .split('\n')
          .filter((line) => !line.includes('connection refused'))
        assert.doesNotMatch(lines.join('\n'), /\t(?:warn|error)\t/)
      })
    })
  }

  test('starts with each configuration by a command of the README', async () => {
    const readme = await readFile(join(configurations, 'README.md'), 'utf8')
    const commands = readme.matchAll(/^otelcol --config collector-config\/(\S+)$/gm)
    assert.deepEqual(
      Array.from(commands, ([, file]) => file),
      collectors,
    )
  })

  test('refuses an unknown key', (context) => {
    const program = need(context, otelcol())
    if (program === undefined) return
    const config = `--config=${join(configurations, 'scrape.yaml')}`
    const args = ['validate', config, '--config=yaml:exporters::debug::verbose: yes']
    assert.match(outputOf(program, args, tmpdir()), /has invalid keys: verbose/)
  })
})

describe('Prometheus', () => {
  test('accepts the configuration', (context) => {
    const tool = need(context, promtool())
    if (tool === undefined) return
    assert.match(
      outputOf(tool, ['check', 'config', 'prometheus.yml']),
      /5 rule files found\n SUCCESS/,
    )
  })

  test('accepts the configuration with the commented job of the Collector', async (context) => {
    const tool = need(context, promtool())
    if (tool === undefined) return
    const text = await readFile(join(configurations, 'prometheus.yml'), 'utf8')
    const both = text.replace(/^ {2}# (?=- job_name| {2})/gm, '  ')
    assert.match(both, /^ {4}honor_labels: true$/m)
    const directory = await temporaryDirectory(context)
    await writeFile(join(directory, 'prometheus.yml'), both)
    assert.match(outputOf(tool, ['check', 'config', 'prometheus.yml'], directory), /SUCCESS/)
  })

  test('accepts the rules, with all its lints', (context) => {
    const tool = need(context, promtool())
    if (tool === undefined) return
    const names = readdirSync(join(configurations, 'rules')).map((name) => `rules/${name}`)
    const checked = outputOf(tool, ['check', 'rules', '--lint=all', '--lint-fatal', ...names])
    assert.doesNotMatch(checked, /FAILED|error/i)
  })
})
/** The output of a program on stdout and stderr. */
function outputOf(program: string, args: readonly string[], cwd = configurations): string {
  const options = { encoding: 'utf8', cwd, timeout: 60_000 } as const
  const { stdout, stderr } = spawnSync(program, args, options)
  return `${stdout}${stderr}`
}
