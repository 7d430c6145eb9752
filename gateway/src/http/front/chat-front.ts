import type { Dialect } from '../../dialects/dialect.ts'
import type { Front, FrontCall } from './front.ts'

/** A dialect's operation that is a chat in other words. */
export function chatFront(
  dialect: Dialect,
  { path, idHeaders, native }: Pick<Front, 'path' | 'idHeaders'> & Pick<FrontCall, 'native'>,
): Front {
  return {
    dialect: dialect.id,
    path,
    idHeaders,
    endpoint: 'chat',
    errorBody: (error, requestId) => dialect.errorBody(error, requestId),
    open({ fields, id, now }) {
      const canonical = dialect.toCanonical(fields)
      const context = { fields, model: String(canonical['model']), id, createdMs: now(), now }
      return {
        kind: 'call',
        endpoint: 'chat',
        fields: canonical,
        ...(native === undefined ? {} : { native }),
        fromCanonical: (answer) => dialect.fromCanonical(answer, context),
        createStreamEncoder: () => dialect.createStreamEncoder(context),
      }
    },
  }
}
