import type { AnyRoute } from '../route.ts'

/** OpenAPI 3.1 */
export function buildDocument(_routes: readonly AnyRoute[]): Readonly<Record<string, unknown>> {
  return { openapi: '3.1.0' }
}
