import {
  BUDGET_EXAMPLE,
  budgetForecastSchema,
  budgetListQuerySchema,
  budgetListSchema,
  budgetSchema,
  createBudgetSchema,
  patchBudgetSchema,
  type ShownBudget,
} from '@jairouter/contract/management/budgets'
import { z } from 'zod'
import type { ManagedAccess } from '../auth/access.ts'
import { actorName } from '../auth/actor.ts'
import {
  ascending,
  checkAmount,
  checkedBudget,
  forecastOf,
  shownBudget,
  toBudget,
  type StoredBudget,
} from '../auth/budgets/stored-budget.ts'
import { tagOf } from '../auth/collection/change-request.ts'
import { randomText } from '../auth/keys/key-text.ts'
import { counterPrefix, OpenAccount } from '../budget/open-account.ts'
import { periodAt } from '../budget/period.ts'
import { isoTime } from '../lib/iso-time.ts'
import { answering, termsOf } from './access-answers.ts'
import { listPage, type ListShape } from './list-page.ts'
import { defineRoute, type AnyRoute } from './route.ts'

export interface BudgetRoutePorts {
  readonly access: Pick<ManagedAccess, 'budgets' | 'collections' | 'book'>
  /** Epoch milliseconds. */
  readonly wallClock: () => number
  readonly randomBytes: (size: number) => Uint8Array
}

const tag = 'Budgets'
const params = z.object({ id: z.string().min(1).max(100) })
const ONE = { description: 'The budget, with what was spent of it', schema: budgetSchema }
const ID_CHARACTERS = 12

/** So many requests, tokens or money for a day or a month. */
export function budgetRoutes(ports: BudgetRoutePorts): readonly AnyRoute[] {
  return [...readingRoutes(ports), ...writingRoutes(ports)]
}

function readingRoutes({ access: { budgets, collections, book }, wallClock }: BudgetRoutePorts): readonly AnyRoute[] {
  const accountOf = (id: string, stored: StoredBudget) => accountFor(book, { id, stored, wallClock: wallClock() })
  const shown = (id: string, stored: StoredBudget) => shownBudget(id, stored, accountOf(id, stored))
  return [
    defineRoute({
      method: 'GET',
      path: '/budgets',
      permission: 'budgets.read',
      tag,
      summary: 'List budgets',
      query: budgetListQuerySchema,
      answers: { 200: { description: 'Budgets, with what was spent of each', schema: budgetListSchema } },
      example: { answer: { items: [BUDGET_EXAMPLE], total: { value: 1, exact: true }, asOf: '2026-08-21T11:00:00.000Z' } },
      handle: ({ query }) => {
        const all = [...collections.budgets.items.values()].map(({ id, body }) => shown(id, body))
        return { body: listPage(all, query, shapeAt(wallClock())) }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/budgets/:id',
      permission: 'budgets.read',
      tag,
      summary: 'Read a budget',
      params,
      answers: { 200: ONE },
      example: { answer: BUDGET_EXAMPLE },
      handle: ({ params: { id } }) =>
        answering(() => {
          const budget = budgets.get(id)
          return { body: shown(id, budget.body), etag: tagOf(budget) }
        }),
    }),
    defineRoute({
      method: 'GET',
      path: '/budgets/:id/forecast',
      permission: 'budgets.read',
      tag,
      summary: 'When nothing of a budget will be left, if it goes on like this',
      params,
      answers: { 200: { description: 'On the average of this day or month so far', schema: budgetForecastSchema } },
      example: {
        answer: { spent: 120.5, remaining: 379.5, pace: 5.9, emptyOn: null, periodEnds: '2026-09-01T00:00:00.000Z' },
      },
      handle: ({ params: { id } }) =>
        answering(() => {
          const { body } = budgets.get(id)
          return { body: forecastOf(shown(id, body), accountOf(id, body), wallClock()) }
        }),
    }),
  ]
}

function writingRoutes({ access: { budgets, book }, wallClock, randomBytes }: BudgetRoutePorts): readonly AnyRoute[] {
  const shown = (id: string, stored: StoredBudget) => shownBudget(id, stored, accountFor(book, { id, stored, wallClock: wallClock() }))
  return [
    defineRoute({
      method: 'POST',
      path: '/budgets',
      permission: 'budgets.write',
      canDryRun: true,
      tag,
      summary: 'Make a budget',
      description:
        'A request draws on all budgets that match it, or on none: where one has not enough left, it is refused with 429 `insufficient_quota`. ' +
        'Money needs `prices` in the config; a model without a price costs nothing, and `unpriced` names it.',
      body: createBudgetSchema,
      answers: { 201: ONE, 200: { description: 'With `dryRun`: as it would be', schema: budgetSchema } },
      example: {
        request: { id: 'blue-monthly', scope: 'team', subject: 'blue', unit: 'money', amount: 500, period: 'month' },
        answer: BUDGET_EXAMPLE,
      },
      handle: (request) =>
        answering(async () => {
          const { id = `b-${randomText(ID_CHARACTERS, randomBytes)}`, ...given } = request.body
          const made = { createdAt: isoTime(wallClock()), createdBy: actorName(request.origin.actor) }
          const { item, tag: etag } = await budgets.create(id, checkedBudget(given, made), termsOf(request))
          return { ...(request.dryRun ? {} : { status: 201, etag }), body: shown(id, item.body) }
        }),
    }),
    defineRoute({
      method: 'PATCH',
      path: '/budgets/:id',
      permission: 'budgets.write',
      canDryRun: true,
      tag,
      summary: 'Change the amount, the warnings, or whether a budget counts',
      params,
      body: patchBudgetSchema,
      answers: { 200: ONE },
      example: { request: { amount: 800 }, answer: { ...BUDGET_EXAMPLE, amount: 800 } },
      handle: (request) =>
        answering(async () => {
          const { id } = request.params
          const { amount, warnAt, enabled } = request.body
          const change = (before: StoredBudget): StoredBudget => {
            if (amount !== undefined) checkAmount(before.unit, amount)
            return {
              ...before,
              ...(amount === undefined ? {} : { amount }),
              ...(warnAt === undefined ? {} : { warnAt: ascending(warnAt) }),
              ...(enabled === undefined ? {} : { enabled }),
            }
          }
          const { item, tag: etag } = await budgets.update(id, change, termsOf(request))
          return { ...(request.dryRun ? {} : { etag }), body: shown(id, item.body) }
        }),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/budgets/:id',
      permission: 'budgets.write',
      canDryRun: true,
      tag,
      summary: 'Remove a budget, and what was counted of it',
      params,
      answers: { 204: { description: 'It is gone' } },
      handle: (request) =>
        answering(async () => {
          const { id } = request.params
          await budgets.remove(id, termsOf(request), () => [{ kind: 'drop-counters', prefix: counterPrefix(id) }])
          return { status: 204 }
        }),
    }),
  ]
}

/** Of one that is only tried out, or not in force yet: an account in which nothing is spent. */
function accountFor(
  { ledger }: ManagedAccess['book'],
  { id, stored, wallClock }: { readonly id: string; readonly stored: StoredBudget; readonly wallClock: number },
): OpenAccount {
  const known = ledger.budgets.get(id)
  if (known !== undefined) return ledger.accountOf(known, wallClock)
  return new OpenAccount(toBudget(id, stored), periodAt(wallClock, stored.period, stored.zone))
}

function shapeAt(now: number): ListShape<ShownBudget> {
  return {
    fields: {
      id: ({ id }) => id,
      scope: ({ scope }) => scope,
      subject: ({ subject }) => subject,
      unit: ({ unit }) => unit,
      period: ({ period }) => period,
      spent: ({ spent }) => spent,
      remaining: ({ remaining }) => remaining,
      createdAt: ({ createdAt }) => createdAt,
    },
    id: ({ id }) => id,
    sort: 'id',
    now,
  }
}
