import { issueDetails } from './issue-details.ts'
import { AdminProblem, type AnyRoute } from './route.ts'

const DRY_RUN = 'dryRun'

/** Throws a 404 for what can be nobody's id. */
export function readParams({ params }: AnyRoute, given: Readonly<Record<string, string>>): unknown {
  if (params === undefined) return given
  const read = params.safeParse(given)
  if (!read.success) throw new AdminProblem('not_found', 'There is nothing at this path')
  return read.data
}

/** Throws a 400 that names each parameter at fault; also for one that the route does not know. */
export function readQuery(route: AnyRoute, text: string): { readonly query: unknown; readonly dryRun: boolean } {
  const given = new Map<string, string | string[]>()
  for (const [name, value] of new URLSearchParams(text)) {
    const before = given.get(name)
    given.set(name, before === undefined ? value : [before, value].flat())
  }
  const dryRun = readDryRun(route, given.get(DRY_RUN))
  given.delete(DRY_RUN)
  if (route.query === undefined) {
    const [unknown] = given.keys()
    if (unknown === undefined) return { query: undefined, dryRun }
    throw invalidQuery(
      [...given.keys()].map((name) => ({ pointer: `/${name}`, code: 'unknown_field', message: 'is no parameter of this' })),
    )
  }
  const sent = Object.fromEntries(given)
  const read = route.query.safeParse(sent)
  if (!read.success) throw invalidQuery(issueDetails(read.error.issues, sent))
  return { query: read.data, dryRun }
}

function readDryRun({ canDryRun = false }: AnyRoute, value: string | string[] | undefined): boolean {
  if (value === undefined || value === 'false') return false
  if (value !== 'true' && value !== '')
    throw invalidQuery([{ pointer: `/${DRY_RUN}`, code: 'invalid_value', message: 'expected one of "true", "false"' }])
  if (!canDryRun)
    throw invalidQuery([{ pointer: `/${DRY_RUN}`, code: 'unknown_field', message: 'this operation can’t be tried out without doing it' }])
  return true
}

function invalidQuery(details: NonNullable<AdminProblem['details']>): AdminProblem {
  return new AdminProblem('invalid_query', '', { details })
}

/** Throws a 400 with a pointer for each thing that is wrong. A route that takes no body lets an empty object pass. */
export function readSent({ body }: AnyRoute, sent: unknown): unknown {
  if (body === undefined) {
    if (sent === undefined || JSON.stringify(sent) === '{}') return undefined
    throw new AdminProblem('invalid_request', 'This operation takes no body')
  }
  // Where nothing has to be said, nothing need be sent.
  const read = body.safeParse(sent ?? {})
  if (read.success) return read.data
  const details =
    sent === undefined ? [{ pointer: '', code: 'required', message: 'a body is required' }] : issueDetails(read.error.issues, sent)
  throw new AdminProblem('invalid_request', '', { details })
}
