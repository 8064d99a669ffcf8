import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { checkLinks } from '../../../site/finish/dead-links.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

describe('The check of links', () => {
  it('finds each link to a page, a file or an anchor that is missing', async (context) => {
    const dist = await temporaryDirectory(context)
    mkdirSync(join(dist, 'run'))
    writeFileSync(join(dist, 'a.js'), '')
    writeFileSync(join(dist, 'run/index.html'), '<h2 id="deploy">x</h2><a href="../a.js">x</a>')
    const alive = [
      '#here',
      '/docs/run/',
      '/docs/run/#deploy',
      '/docs/#_top',
      'https://example.com/',
    ]
    const dead = ['#gone', '/docs/gone/', '/docs/run/#gone', '/run/', 'gone.js']
    const links = [...alive, ...dead].map((target) => `<a class="x" href="${target}">x</a>`)
    const code = '<code>&lt;a href="gone"&gt;</code>'
    writeFileSync(
      join(dist, 'index.html'),
      `<p id="here">${links.join('')}${code}</p><script src="/docs/b.js">`,
    )
    const report = checkLinks(dist, '/docs/')
    assert.deepEqual(
      report.dead,
      [...dead, '/docs/b.js'].map((target) => `index.html: ${target}`),
    )
    assert.deepEqual(report.external, ['https://example.com/'])
    assert.equal(report.checked, alive.length + dead.length + 1)
  })
})
