import { answeringProblems } from './account-answer.ts'
import type { AccountParts } from './account-parts.ts'
import { bootstrapRoutes } from './bootstrap.ts'
import { meRoutes } from './me.ts'
import type { AnyRoute } from './route.ts'
import { sessionRoutes } from './session.ts'
import { sessionAdminRoutes } from './sessions.ts'
import { setupRoutes } from './setup.ts'
import { userRoutes } from './users.ts'

/** Everything about who may come in. */
export function accountRoutes(parts: AccountParts): readonly AnyRoute[] {
  return [
    ...bootstrapRoutes(parts),
    ...setupRoutes(parts),
    ...sessionRoutes(parts),
    ...meRoutes(parts),
    ...userRoutes(parts),
    ...sessionAdminRoutes(parts),
  ].map(answeringProblems)
}
