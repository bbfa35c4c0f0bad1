/** A way to log in: from credentials to the id of the principal that they prove, or undefined. */
export interface Login<Credentials> {
  verify(credentials: Credentials): Promise<string | undefined>
}
