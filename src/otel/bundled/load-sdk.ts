import { packedProgramTexts } from '../../support/preload-key.ts'
import { compiledProgram } from '../../support/process/compiled-program.ts'
import { createRequire } from '../../support/process/create-require.ts'
import type * as SdkModule from './sdk.ts'
import { sdkFile } from './sdk-file.ts'

export type OtelSdk = typeof SdkModule

let loaded: OtelSdk | undefined

/** OpenTelemetry's SDK, loaded at the first call: few processes need the SDK. */
export function loadSdk(): OtelSdk {
  loaded ??= load()
  return loaded
}

function load(): OtelSdk {
  const text = packedProgramTexts()?.['otel-sdk.cjs']
  if (text === undefined) return createRequire(import.meta.url)(sdkFile) as OtelSdk
  return compiledProgram(text, { path: sdkFile, load: createRequire(import.meta.url) }) as OtelSdk
}
