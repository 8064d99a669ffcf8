import { execFileSync } from 'node:child_process'
import { nodeUnderTest } from './programs/app.ts'

const version = execFileSync(nodeUnderTest, ['--version'], { encoding: 'utf8' }).trim()

/**
 * Options of a test that ends the exporter thread while connections arrive. Some versions of Node
 * abort the process in this case.
 */
export const threadEnds: { readonly skip?: string } = version.startsWith('v20.19.')
  ? { skip: `Node ${version} may abort where a thread ends while it accepts a connection` }
  : {}
