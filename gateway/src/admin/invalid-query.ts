import { AdminProblem } from './route.ts'

/** A refusal that names the parameter. */
export function invalidQuery(parameter: string, message: string): AdminProblem {
  return new AdminProblem('invalid_query', message, { details: [{ pointer: `/${parameter}`, code: 'invalid', message }] })
}
