import assert from 'node:assert/strict'
import { test } from 'node:test'
import { get } from '../../support/programs/load.ts'
import { withWrittenProgram } from '../../support/programs/written-program.ts'

/** Answers whether V8 keeps the server as an object with fast properties. */
const text = `require('node:v8').setFlagsFromString('--allow-natives-syntax')
const isFast = new Function('object', 'return %HasFastProperties(object)')
const server = require('node:http').createServer((request, response) => {
  response.end(String(isFast(server)))
}).listen(Number(process.env.PORT), '127.0.0.1')
`

test('A server under run keeps fast properties, with the exporter and the agent', async () => {
  await withWrittenProgram({ text, options: ['-w', '1'] }, async ({ master }) => {
    await master.serving(1)
    assert.equal((await get(master.port, '/')).body, 'true')
  })
})
