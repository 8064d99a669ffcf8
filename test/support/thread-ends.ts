import { execFileSync } from 'node:child_process'
import { nodeUnderTest } from './programs/app.ts'

const version = execFileSync(nodeUnderTest, ['--version'], { encoding: 'utf8' }).trim()

/** Options of a test that ends the exporter's thread while connections come in: some of Node's versions abort the process then. */
export const threadEnds: { readonly skip?: string } = version.startsWith('v20.19.')
  ? { skip: `Node ${version} may abort where a thread ends while it accepts a connection` }
  : {}
