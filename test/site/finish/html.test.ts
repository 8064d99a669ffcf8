import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { finishPage } from '../../../site/finish/html.ts'

const head = '<meta charset="utf-8"/>'

function tableOf(heads: readonly string[], rows: readonly string[][]): string {
  const row = (cells: readonly string[], tag: string) =>
    `<tr> ${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join(' ')} </tr>`
  const body = rows.map((cells) => row(cells, 'td')).join('')
  return `<table> <thead>${row(heads, 'th')}</thead> <tbody>${body}</tbody> </table>`
}

const settings = tableOf(
  ['environment', 'YAML', 'default', 'in code', 'meaning'],
  [
    [
      '<code>REDIS_URL</code>, <code>OTHER</code>',
      '<code>redis.url</code>',
      'none',
      '<code>redisUrl</code>',
      'a &amp; b',
    ],
    [
      'none',
      '<code>hooks</code>',
      'none',
      '<code>hooks</code>',
      'a module (<code>run --hooks</code>)',
    ],
  ],
)

describe('A finished page', () => {
  it('has an anchor and the names of each setting', () => {
    const { html, rows } = finishPage(settings)
    for (const id of ['REDIS_URL', 'OTHER', 'hooks']) {
      assert.ok(html.includes(`<a class="anchor" href="#${id}"><code id="${id}">`), id)
    }
    assert.deepEqual(rows, [
      {
        column: 'environment',
        names: ['REDIS_URL', 'OTHER'],
        otherNames: ['redis.url', 'redisUrl'],
        texts: ['redis.url', 'none', 'redisUrl', 'a & b'],
      },
      {
        column: 'environment',
        names: ['hooks'],
        otherNames: ['hooks', '--hooks'],
        texts: ['none', 'hooks', 'a module (run --hooks)'],
      },
    ])
  })

  it('labels each cell of a reference, and keeps the roles of a table', () => {
    const { html } = finishPage(settings)
    assert.ok(html.includes('<table class="entries" role="table">'))
    assert.ok(html.includes('<td role="cell" data-label="YAML"><a class="anchor" href="#hooks">'))
    assert.equal(html.match(/role="columnheader"/g)?.length, 5)
  })

  it('frames another table, whose first cells with a sentence are no names', () => {
    const { html, rows } = finishPage(
      tableOf(['you see', 'do'], [['<code>WorkerHangs</code> fires', 'x']]),
    )
    assert.ok(html.startsWith('<div class="table"><table>'))
    assert.deepEqual(rows, [])
    assert.ok(!html.includes('id='))
  })

  it('has no anchor twice', () => {
    const { html } = finishPage(`<h2 id="hooks">hooks</h2>${settings}`)
    assert.equal(html.match(/ id="hooks"/g)?.length, 1)
  })

  it('allows its own inline scripts only, and no other server', () => {
    const { html } = finishPage(`${head}<script>run()</script><script src="/a.js"></script>`)
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? ''
    const hash = createHash('sha256').update('run()').digest('base64')
    assert.ok(
      policy.startsWith("default-src 'none'; script-src 'self' 'wasm-unsafe-eval' 'sha256-"),
    )
    assert.equal(policy.match(/sha256-/g)?.length, 1)
    assert.ok(policy.includes(hash))
    assert.ok(!/https?:/.test(policy))
  })
})
