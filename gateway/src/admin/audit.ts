import {
  AUDIT_EXAMPLE,
  auditExportSchema,
  auditQuerySchema,
  auditRowSchema,
  auditVerdictSchema,
  type AuditRow,
  type AuditVerdict,
} from '@jairouter/contract/management/audit'
import { JOB_EXAMPLE, jobSchema } from '@jairouter/contract/management/jobs'
import { listAnswerSchema, type ListAnswer } from '@jairouter/contract/management/list'
import { z } from 'zod'
import { actorName } from '../auth/actor.ts'
import { AUDIT_LOG, auditWrite } from '../auth/audit/audit-entry.ts'
import { EXPORT_TYPES, exportAudit } from '../auth/audit/export-audit.ts'
import { auditEntryAt, searchAudit } from '../auth/audit/search-audit.ts'
import { isoTime } from '../lib/iso-time.ts'
import type { Store } from '../store/port.ts'
import type { JobBoard } from './job-board.ts'
import { AdminProblem, defineRoute, type AnyRoute } from './route.ts'

/** As `verifyLog` of `store/chain.ts`. */
export type VerifyLog = (store: Store, log: string) => Promise<{ readonly entries: number; readonly brokenAt?: number }>

export interface AuditPorts {
  readonly store: Store
  readonly verifyLog: VerifyLog
  readonly jobs: JobBoard
  /** Epoch milliseconds. */
  readonly now: () => number
}

export function auditRoutes(ports: AuditPorts): AnyRoute[] {
  const { store, now } = ports
  return [
    searchRoute(ports),
    ...verifyRoutes(ports),
    defineRoute({
      method: 'GET',
      path: '/audit/export',
      permission: 'audit.read',
      tag: 'Audit',
      summary: 'The log, or what is asked for of it, oldest first, as CSV or NDJSON',
      description: 'Sent as it is read. Texts that a spreadsheet would take for a formula have an apostrophe before them in CSV.',
      query: auditExportSchema,
      answers: { 200: { description: 'One entry a line', type: 'application/x-ndjson' } },
      async handle({ query: { format, ...filter }, origin }) {
        // To take the log away is worth an entry of its own.
        await store.commit([
          auditWrite(origin, { action: 'audit.export', target: 'audit', result: 'ok', after: { format, ...filter }, time: now() }),
        ])
        const name = `jairouter-audit-${isoTime(now()).slice(0, 10)}.${format}`
        return {
          stream: exportAudit(store, filter, format),
          headers: { 'content-type': EXPORT_TYPES[format], 'content-disposition': `attachment; filename="${name}"` },
        }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/audit/:sequence',
      permission: 'audit.read',
      tag: 'Audit',
      summary: 'One entry of the log',
      params: z.object({ sequence: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) }),
      answers: { 200: { description: 'The entry', schema: auditRowSchema } },
      example: { answer: AUDIT_EXAMPLE },
      async handle({ params: { sequence } }) {
        const row = await auditEntryAt(store, sequence)
        if (row === undefined) throw new AdminProblem('not_found', 'There is no such entry, or it is older than what is kept')
        return { body: row }
      },
    }),
  ]
}

function searchRoute({ store, now }: AuditPorts): AnyRoute {
  return defineRoute({
    method: 'GET',
    path: '/audit',
    permission: 'audit.read',
    tag: 'Audit',
    summary: 'Who did what, newest first',
    description:
      'A search that finds little stops after 20,000 entries with `partial`, and goes on with `next`. A `*` at the end of `action` or `target` stands for anything.',
    query: auditQuerySchema,
    answers: { 200: { description: 'Entries', schema: listAnswerSchema(auditRowSchema) } },
    example: { answer: { items: [AUDIT_EXAMPLE], next: '118', total: null, asOf: '2026-10-01T09:00:01.000Z' } },
    async handle({ query: { limit, cursor, sort: _sort, ...filter } }) {
      const { items, next, partial } = await searchAudit(store, filter, {
        limit,
        before: cursor === undefined ? undefined : Number(cursor),
      })
      const body: ListAnswer<AuditRow> = {
        items,
        ...(next === undefined ? {} : { next: String(next) }),
        total: null,
        asOf: isoTime(now()),
        ...(partial ? { partial: { reason: 'The search has stopped before the end of the log; go on with `next`' } } : {}),
      }
      return { body }
    },
  })
}

function verifyRoutes({ store, verifyLog, jobs, now }: AuditPorts): AnyRoute[] {
  const verify = async (): Promise<AuditVerdict> => {
    const { entries, brokenAt } = await verifyLog(store, AUDIT_LOG)
    return { ok: brokenAt === undefined, entries, ...(brokenAt === undefined ? {} : { brokenAt }) }
  }
  const example: AuditVerdict = { ok: true, entries: 118 }
  return [
    defineRoute({
      method: 'GET',
      path: '/audit/verify',
      permission: 'audit.read',
      tag: 'Audit',
      summary: 'Whether the log is as it was written: every entry is chained to the one before',
      answers: { 200: { description: 'The verdict; `brokenAt` is the first entry that does not follow', schema: auditVerdictSchema } },
      example: { answer: example },
      handle: async () => ({ body: await verify() }),
    }),
    defineRoute({
      method: 'POST',
      path: '/audit/verify',
      permission: 'audit.read',
      tag: 'Audit',
      summary: 'The same as a job, for a log that takes long to read',
      answers: { 202: { description: 'The job; its result is the verdict', schema: jobSchema } },
      example: { answer: { ...JOB_EXAMPLE, kind: 'audit.verify', target: 'audit', progress: {} } },
      async handle({ origin }) {
        const by = actorName(origin.actor)
        const job = jobs.start({ kind: 'audit.verify', target: 'audit', by, run: verify })
        if (job === undefined) throw new AdminProblem('conflict', 'Too many jobs are running')
        await store.commit([auditWrite(origin, { action: 'audit.verify', target: 'audit', result: 'ok', time: now() })])
        return { status: 202, body: job }
      },
    }),
  ]
}
