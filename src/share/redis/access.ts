import type * as Tls from 'node:tls'
import { readSmall } from '../../files/small-file.ts'
import { messageOf, withoutCodes } from '../../support/error-message.ts'
import { createRequire } from '../../support/process/create-require.ts'
import type { ConnectionSettings, Login, NamedFile } from './redis-settings.ts'

/** What a connection shows to a server: user, password, certificate. Not to be logged. */
export interface Access {
  readonly username: string | undefined
  readonly password: string | undefined
  /** Undefined = no TLS. */
  readonly secureContext: Tls.SecureContext | undefined
}

/** Any path will do: modules of Node resolve everywhere. */
const load = createRequire(process.execPath)

/** Servers, or Sentinels, that the exporter reaches in the same way. */
interface Reach {
  readonly login: Login
  readonly hasTls: boolean
}

/**
 * Reads the files of the settings, for one attempt to connect.
 * @throws an error that names the setting of a file.
 */
export function accessOf(settings: ConnectionSettings, { login, hasTls }: Reach): Access {
  const { username, password } = login
  return {
    username,
    password: password && ('text' in password ? password.text : contentOf(password).trim()),
    secureContext: hasTls ? contextOf(settings) : undefined,
  }
}

function contextOf({ cafile, certfile, keyfile }: ConnectionSettings): Tls.SecureContext {
  const files = {
    ...(cafile && { ca: contentOf(cafile) }),
    ...(certfile && { cert: contentOf(certfile) }),
    ...(keyfile && { key: contentOf(keyfile) }),
  }
  const tls = load('node:tls') as typeof Tls
  try {
    return tls.createSecureContext(files)
  } catch (error) {
    const names = [cafile, certfile, keyfile].flatMap((file) => file?.setting ?? [])
    const reason = withoutCodes(messageOf(error))
    throw new Error(`the files of ${names.join(', ')} cannot be used: ${reason}`, { cause: error })
  }
}

function contentOf({ path, setting }: NamedFile): string {
  try {
    return readSmall(path)
  } catch (error) {
    throw new Error(`the file of ${setting} cannot be read: ${messageOf(error)}`, { cause: error })
  }
}
