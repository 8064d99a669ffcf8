import type { DescribeErrorOptions } from '../../collect/process/uncaught-error.ts'
import { type Settings, secretsOf } from '../../config/settings.ts'
import { withoutSecrets } from '../../log/redact.ts'

/** How the process describes its uncaught errors. Without settings: without messages. */
export function errorDescription(settings: Settings | undefined): DescribeErrorOptions {
  const secrets = settings ? secretsOf(settings) : []
  return {
    showsMessage: settings?.errorMessages ?? false,
    withoutSecrets: (text) => withoutSecrets(text, secrets),
  }
}
