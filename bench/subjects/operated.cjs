// An application under a process manager; operated.py is the same in Python. Files in the working
// directory decide: `broken` fails the start, `short` ends each worker soon after its start.
const { existsSync } = require('node:fs')
const { createServer } = require('node:http')

if (existsSync('broken')) throw new Error('a broken release')
if (existsSync('short')) setTimeout(() => process.exit(1), 200)

const pid = String(process.pid)
const address = process.env.SOCKET ?? Number(process.env.PORT)

const server = createServer((request, response) => {
  if (request.url === '/hang') for (;;);
  if (request.url === '/slow') return setTimeout(() => response.end(pid), 1_000)
  if (request.url === '/note') return response.end(process.env.NOTE)
  if (request.url === '/stream') return response.write(pid)
  response.end(pid)
})
if (typeof address === 'string') server.listen(address)
else server.listen(address, '127.0.0.1')
