import { createLivePlane, type LivePlane } from '../relay/live-plane.ts'
import type { Parts } from './parts.ts'

type PlaneParts = Pick<Parts, 'live' | 'memory' | 'protection' | 'health' | 'requests' | 'overload' | 'now'>

export function buildPlane(parts: PlaneParts, healthReason: (backendId: string) => string | undefined): LivePlane {
  const { live, health, requests, overload } = parts
  return createLivePlane({
    ...parts,
    snapshot: () => live.snapshot,
    probe: (backendId) => health.probeNow(backendId),
    healthReason,
    requests: () => requests.count,
    level: () => overload.level(),
    wallClock: Date.now,
  })
}
