/** An error that the user can fix. The demo prints the error without a stack trace. */
export class DemoError extends Error {}
