/*
 * The parts of `npm run bench`: programs of this folder with their arguments. Each part has a place
 * in bench/README.md. `minutes` is the time on a quiet machine with two processors.
 */

interface Part {
  readonly program: string
  readonly args?: readonly string[]
  /** Flags of Node. */
  readonly flags?: readonly string[]
  /** Major version of the measured Node. Default: the Node of this command. */
  readonly node?: string
  /** Whether the program takes no `--node`. */
  readonly isFixed?: boolean
  readonly minutes: number
}

export const parts: Readonly<Record<string, Part>> = {
  requests: { program: 'request.mjs', args: ['--only', 'worker'], minutes: 5 },
  'requests-20': { program: 'request.mjs', args: ['--only', 'worker'], node: '20', minutes: 5 },
  'requests-26': {
    program: 'request.mjs',
    args: ['--only', 'worker', '--rounds', '8'],
    node: '26',
    minutes: 2,
  },
  peers: {
    program: 'request.mjs',
    args: ['--only', 'single,fresh,work,http2,express,fastify', '--rounds', '10'],
    minutes: 6,
  },
  parts: { program: 'parts.mjs', args: ['--rounds', '30'], minutes: 3 },
  scrape: { program: 'scrape.mjs', minutes: 6 },
  totals: {
    program: 'totals.mjs',
    flags: ['--expose-gc', '--max-old-space-size=4096'],
    isFixed: true,
    minutes: 3,
  },
  scrapers: { program: 'scrapers.mjs', args: ['--rounds', '12'], minutes: 5 },
  growth: { program: 'growth.mjs', minutes: 5 },
  start: { program: 'start.mjs', args: ['--rounds', '5'], minutes: 2 },
  rest: { program: 'rest.mjs', args: ['--rounds', '2'], minutes: 12 },
  python: { program: 'python.mjs', isFixed: true, minutes: 2 },
}
