import { messageOf } from '../support/error-message.ts'
import { createRequire } from '../support/process/create-require.ts'

/** Returns a file from which packages resolve. Can throw, if there is no such file. */
export type Place = () => string

/**
 * Loads a package from the first place that has the package. A place that cannot be read counts as
 * a place without the package.
 * @param missing the start of the message for a missing package. Default: the package's name.
 * @throws Error for a missing package, with the command to install the package.
 */
export function loadPackage(
  name: string,
  places: readonly Place[],
  missing: string = `the package ${name} is missing`,
): unknown {
  const loader = places.map((place) => loaderAt(place, name)).find((each) => each !== undefined)
  if (!loader) throw new Error(`${missing}: npm install ${name}`)
  try {
    return loader(name)
  } catch (error) {
    throw new Error(`the package ${name} cannot be loaded: ${messageOf(error)}`, { cause: error })
  }
}

/** @returns undefined if the package does not resolve. */
function loaderAt(place: Place, name: string): NodeJS.Require | undefined {
  try {
    const loader = createRequire(place())
    loader.resolve(name)
    return loader
  } catch {
    return undefined
  }
}
