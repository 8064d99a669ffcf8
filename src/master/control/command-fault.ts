/** Why a command is refused, as a text for the client. */
export class CommandFault extends Error {}
