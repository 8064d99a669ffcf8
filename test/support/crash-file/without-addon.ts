import { environment } from '../../../src/config/environment.ts'
import { mappedMemoryRefusal } from '../../../src/mapped-memory/addon.ts'

/** Why programs under test have no counts in memory. The runs of `test:fallbacks` have none. */
export const withoutAddon: string | false =
  environment()['ADDON_UNDER_TEST'] === 'none'
    ? 'without the addon'
    : (mappedMemoryRefusal() ?? false)
