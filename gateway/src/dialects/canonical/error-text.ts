import type { ClientError } from '../../errors/openai-error.ts'

/** For errors that have no field for the parameter: a message that does not name it gets it in front. */
export function errorText({ message, param }: ClientError): string {
  return param === undefined || message.includes(param) ? message : `${param}: ${message}`
}
