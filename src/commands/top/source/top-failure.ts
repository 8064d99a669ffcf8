/** Why no figures came, as sentences for a person: what failed, what was got, what to do. */
export class TopFailure extends Error {
  override readonly name = 'TopFailure'
}
