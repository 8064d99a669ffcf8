import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { environment } from '../../../src/config/environment.ts'
import { nodeUnderTest } from '../../support/programs/app.ts'
import { checkPrograms } from '../../support/real-programs/check-programs.ts'
import type { Place, ProgramRow } from '../../support/real-programs/program-row.ts'

/*
 * Programs whose installation, build or start takes long. `npm run test:programs` sets the
 * variable.
 */
const { PROGRAMS: chosen } = environment()

const run = promisify(execFile)
const slowPath = '/slow'
const next = { next: '16.4.6', react: '19.3.0', 'react-dom': '19.3.0' }
const dynamic = "export const dynamic = 'force-dynamic'\n"

const nextFiles = {
  'package.json': '{}',
  'app/layout.js': 'export default ({ children }) => <html><body>{children}</body></html>\n',
  'app/page.js': `${dynamic}export default () => <p>page</p>\n`,
  'app/slow/route.js': `${dynamic}export const GET = async () => {
  await new Promise((resolve) => setTimeout(resolve, 300))
  return new Response('slow')
}\n`,
}

async function buildNext({ directory, installed }: Omit<Place, 'port'>): Promise<void> {
  for (const [file, text] of Object.entries(nextFiles)) {
    await mkdir(dirname(join(directory, file)), { recursive: true })
    await writeFile(join(directory, file), text)
  }
  const program = join(installed, 'node_modules/next/dist/bin/next')
  await run(nodeUnderTest, [program, 'build'], { cwd: directory, env: nextEnvironment() })
}

function nextEnvironment(): Record<string, string | undefined> {
  return { ...environment(), NEXT_TELEMETRY_DISABLED: '1' }
}

const verdaccioConfig = `storage: ./storage
uplinks: {}
packages:
  '**': { access: $all }
log: { type: stdout, format: pretty, level: warn }
`

const rows: readonly ProgramRow[] = [
  {
    program: 'Nest with enableShutdownHooks()',
    packages: {
      '@nestjs/core': '11.2.10',
      '@nestjs/common': '11.2.10',
      '@nestjs/platform-express': '11.2.10',
      'reflect-metadata': '0.2.2',
      rxjs: '7.8.2',
    },
    app: 'nest.cjs',
    slowPath,
    hooks: [
      /hook: onModuleDestroy\n/,
      /hook: beforeApplicationShutdown SIGTERM\n/,
      /hook: onApplicationShutdown SIGTERM\n/,
    ],
  },
  {
    program: 'LoopBack 4',
    packages: { '@loopback/rest': '15.0.16', '@loopback/core': '7.0.15' },
    app: 'loopback.cjs',
    slowPath,
    hooks: [/hook: onStop\n/],
  },
  {
    program: 'The command `next start`',
    packages: next,
    app: 'node_modules/next/dist/bin/next',
    args: ({ port }) => ['start', '--port', String(port), '--hostname', '127.0.0.1'],
    prepare: buildNext,
    slowPath,
    // `next start` writes nothing at its end.
    hooks: [],
  },
  {
    program: 'A custom server of Next',
    packages: next,
    app: 'next.cjs',
    prepare: buildNext,
    slowPath,
    hooks: [/hook: closed \n/],
  },
  {
    program: 'react-router-serve',
    packages: {
      '@react-router/serve': '8.4.0',
      'react-router': '8.4.0',
      '@react-router/node': '8.4.0',
      react: '19.3.1',
      'react-dom': '19.3.1',
    },
    app: 'node_modules/@react-router/serve/bin.cjs',
    files: { 'build.mjs': 'react-router-build.mjs' },
    args: () => ['build.mjs'],
    env: () => ({ HOST: '127.0.0.1', NODE_ENV: 'production' }),
    slowPath,
    // The program writes an error of `server.close()`, and an empty line without an error.
    hooks: [],
  },
  {
    program: 'verdaccio',
    packages: { verdaccio: '6.10.4' },
    overrides: { 'node-fetch': '2.7.0' },
    app: 'node_modules/verdaccio/bin/verdaccio',
    prepare: ({ directory }) => writeFile(join(directory, 'config.yaml'), verdaccioConfig),
    args: ({ port }) => ['--config', 'config.yaml', '--listen', `127.0.0.1:${port}`],
    path: '/-/ping',
    env: () => ({ VERDACCIO_HANDLE_KILL_SIGNALS: 'true' }),
    hooks: [/received shutdown signal/],
  },
]

checkPrograms(
  'A real program that starts slowly ends under `run` as in plain Node.js',
  chosen === 'all' ? rows : [],
)
