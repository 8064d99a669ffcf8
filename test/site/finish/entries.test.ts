import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorCodes, withOptions } from '../../../site/finish/entries.ts'

function lineOf(text: string): string {
  const [, indent = '', rest = ''] = /^( *)(.*)$/.exec(text) ?? []
  return `<div class="ec-line"><div class="code"><span>${indent}</span>${rest}</div></div>`
}

describe('An entry of the search', () => {
  it('is an option of a command, whose line becomes an anchor', () => {
    const lines = [
      'Without --pid, the settings count.',
      '  -p, --pid PID     process &amp; its settings',
      '      --json        print one JSON object',
      '                    --json is no option here',
    ].map(lineOf)
    const before = lineOf('  -q, --quiet  of no command')
    const { html, found } = withOptions(`${before}<h2 id="doctor">doctor</h2>${lines.join('')}`)
    assert.deepEqual(found, [
      {
        kind: 'Option of doctor',
        anchor: 'doctor--pid',
        names: ['--pid', '-p'],
        otherNames: [],
        texts: ['PID     process & its settings'],
      },
      {
        kind: 'Option of doctor',
        anchor: 'doctor--json',
        names: ['--json'],
        otherNames: [],
        texts: ['print one JSON object'],
      },
    ])
    const ids = Array.from(html.matchAll(/<div class="ec-line" id="([^"]*)">/g), ([, id]) => id)
    assert.deepEqual(ids, ['doctor--pid', 'doctor--json'])
  })

  it('is an error code with the text up to the next heading', () => {
    const heads = ['GPE_ONE', 'GPE_TWO'].map((code) => {
      const text = '<p>a &lt; b</p> <ul><li>Level: error</li></ul>'
      return `<h3 id="${code.toLowerCase()}">${code}</h3> ${text}`
    })
    const entries = errorCodes(`<main><h2 id="topic">Topic</h2>${heads.join('')}</main>`)
    assert.deepEqual(
      entries.map(({ names, anchor, texts }) => ({ names, anchor, texts })),
      [
        { names: ['GPE_ONE'], anchor: 'gpe_one', texts: ['a < b Level: error'] },
        { names: ['GPE_TWO'], anchor: 'gpe_two', texts: ['a < b Level: error'] },
      ],
    )
  })
})
