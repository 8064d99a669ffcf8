import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { siteBase } from './base.ts'
import { serveSite } from './server.ts'

/* Shows the built site on loopback, at the port of `PORT`, by default 4321. */

const dist = join(import.meta.dirname, 'dist')
if (!existsSync(join(dist, 'index.html'))) throw new Error('Build the site first: npm run site.')
const port = Number(process.env['PORT'] ?? 4321)
const { url } = await serveSite({ dist, base: siteBase(), port })
process.stdout.write(`${url}\n`)
