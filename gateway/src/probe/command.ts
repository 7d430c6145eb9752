import type { CommandContext, ProbeRequest } from '../config/check-command.ts'
import { nearest } from '../lib/nearest.ts'
import { createPools } from '../upstream/pools.ts'
import { describeReport } from './describe-report.ts'
import { interview } from './interview.ts'
import { reportOf, type Report } from './report.ts'
import type { Subject } from './subject.ts'
import { subjectAt, subjectsOf, type KnownSubject } from './subjects.ts'

/** `jairouter check --probe`; returns the exit code. `read` is called, and the config read, only where the target is not an address. */
export async function probeCommand({ target, json, read }: ProbeRequest, context: CommandContext): Promise<number> {
  const chosen = target.includes('://') ? atAddress(target) : inConfig(target, read)
  if ('code' in chosen) {
    if (chosen.code === 2) context.writeError(`jairouter check: ${chosen.message}`)
    else context.write(chosen.message)
    return chosen.code
  }
  const reports = await askAll(chosen.subjects, (report, index) => {
    if (!json) context.write(`${index === 0 ? '' : '\n'}${describeReport(report)}`)
  })
  if (json) context.write(JSON.stringify({ backends: reports }, undefined, 2))
  return reports.every(({ ok }) => ok) ? 0 : 1
}

interface Failed {
  readonly code: 1 | 2
  readonly message: string
}

interface Chosen {
  readonly subjects: readonly Subject[]
}

function atAddress(url: string): Chosen | Failed {
  const subject = subjectAt(url)
  return 'message' in subject ? { code: 2, message: `the address of --probe ${subject.message}` } : { subjects: [subject] }
}

function inConfig(target: string, read: ProbeRequest['read']): Chosen | Failed {
  const loaded = read()
  if ('message' in loaded) return { code: 1, message: loaded.message }
  const subjects = subjectsOf(loaded.config, loaded.certificates)
  const found = subjects.get(target)
  if (found !== undefined) return { subjects: [found] }
  if (target !== 'all') return { code: 2, message: unknownBackend(target, [...subjects.keys()]) }
  const enabled = [...subjects.values()].filter((subject: KnownSubject) => subject.enabled)
  return enabled.length > 0 ? { subjects: enabled } : { code: 1, message: 'The config has no backend to ask.' }
}

const SHOWN_IDS = 10

function unknownBackend(id: string, known: readonly string[]): string {
  const meant = nearest(id, known)
  const more = known.length > SHOWN_IDS ? ', ...' : ''
  const there = known.length === 0 ? 'it has none' : `it has ${known.slice(0, SHOWN_IDS).join(', ')}${more}`
  const hint = meant === undefined ? '' : `; did you mean "${meant}"?`
  return `there is no backend "${id}" in the config${hint} (${there}; an address begins with http://)`
}

/** One after the other, so that a report comes when it is ready. */
async function askAll(subjects: readonly Subject[], onReport: (report: Report, index: number) => void): Promise<readonly Report[]> {
  const pools = createPools()
  const reports: Report[] = []
  try {
    for (const subject of subjects) {
      const report = reportOf(subject, await interview(pools.open, subject))
      onReport(report, reports.length)
      reports.push(report)
    }
  } finally {
    await pools.destroy()
  }
  return reports
}
