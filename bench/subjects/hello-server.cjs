// A server for `run`: `/pid` tells the pid of the worker.
const { createServer } = require('node:http')

createServer((request, response) => {
  response.end(request.url === '/pid' ? String(process.pid) : 'hello')
}).listen(Number(process.env.PORT), '127.0.0.1')
