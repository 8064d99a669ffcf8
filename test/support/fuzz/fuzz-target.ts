import fc from 'fast-check'

/** Part of the program that gets random input. */
export interface FuzzTarget {
  /** For `--only`. */
  readonly name: string
  /** What holds for every input: the end of the sentence "Under random input, …". */
  readonly claim: string
  /** Cases in `npm test`. The long form splits its cases in the same proportion. */
  readonly quickCases: number
  readonly run: (parameters: FuzzParameters) => Promise<FuzzResult>
}

export interface FuzzParameters {
  readonly cases: number
  readonly seed: number
  /** Leads to one case of the seed. */
  readonly path?: string | undefined
}

export interface FuzzResult {
  readonly seed: number
  readonly cases: number
  /** Undefined where every case was good. */
  readonly failure: string | undefined
}

/** Checks one input. @throws where something does not hold. */
type Check<T> = (input: T) => unknown

export interface TargetOptions<T> {
  readonly name: string
  readonly claim: string
  readonly quickCases: number
  readonly inputs: fc.Arbitrary<T>
  /** Inputs that failed before a mend. They run first. */
  readonly examples?: readonly T[]
  /** Prepares what all cases share. */
  readonly start: () => Started<T> | Promise<Started<T>>
}

export interface Started<T> {
  readonly check: Check<T>
  /** After the last case. @throws where something does not hold over all cases. */
  readonly stop?: () => unknown
}

/** A target whose check returns at once. */
export function fuzzTarget<T>(options: TargetOptions<T>): FuzzTarget {
  return targetOf(options, (check) => fc.property(options.inputs, (input) => void check(input)))
}

/** A target whose check returns a promise. */
export function slowFuzzTarget<T>(options: TargetOptions<T>): FuzzTarget {
  return targetOf(options, (check) =>
    fc.asyncProperty(options.inputs, async (input) => {
      await check(input)
    }),
  )
}

type Property<T> = fc.IProperty<[T]> | fc.IAsyncProperty<[T]>

function targetOf<T>(
  { name, claim, quickCases, examples = [], start }: TargetOptions<T>,
  propertyOf: (check: Check<T>) => Property<T>,
): FuzzTarget {
  return {
    name,
    claim,
    quickCases,
    async run({ cases, seed, path }) {
      const { check: checkOne, stop } = await start()
      const check = withShortShrinking(checkOne)
      const more = path === undefined ? { examples: examples.map((each): [T] => [each]) } : { path }
      const details = await fc.check(propertyOf(check) as fc.IAsyncProperty<[T]>, {
        numRuns: cases,
        seed,
        endOnFailure: false,
        ...more,
      })
      await stop?.()
      const { numRuns, failed } = details
      const failure = failed
        ? failureText(name, { ...details, report: fc.defaultReportMessage(details) ?? '' })
        : undefined
      return { seed: details.seed, cases: numRuns, failure }
    },
  }
}

/**
 * Ends the search for a smaller input after some steps: each step can be slow, and an input of
 * several parts shrinks in thousands.
 */
function withShortShrinking<T>(check: Check<T>): Check<T> {
  let left = shrinkingSteps
  let hasFailed = false
  const fail = (error: unknown): never => {
    hasFailed = true
    throw error
  }
  return (input) => {
    if (hasFailed) left -= 1
    if (left < 0) return undefined
    try {
      const result = check(input)
      return result instanceof Promise ? result.catch(fail) : result
    } catch (error) {
      return fail(error)
    }
  }
}

const shrinkingSteps = 1_000

type Failure = Pick<
  fc.RunDetailsCommon<unknown>,
  'seed' | 'counterexamplePath' | 'errorInstance'
> & { readonly report: string }

function failureText(name: string, details: Failure): string {
  const { seed, counterexamplePath: path, errorInstance } = details
  const cause = errorInstance instanceof Error ? errorInstance.stack : String(errorInstance)
  const command = `npm run test:fuzz -- --only ${name} --seed ${seed} --path ${path}`
  return `${details.report}\n\n${cause}\n\nTo repeat: ${command}`
}
