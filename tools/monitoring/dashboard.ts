/** What a panel asks Prometheus; `legend`: how its series are named, with `{{label}}`. */
export interface Query {
  readonly expr: string
  readonly legend: string
}

export interface Panel {
  readonly title: string
  readonly kind: 'timeseries' | 'stat' | 'table'
  /** Grafana's name of the unit. */
  readonly unit: string
  readonly queries: readonly Query[]
  readonly help?: string
  /** Of 24 columns; default: 8. */
  readonly width?: number
  readonly stacked?: true
}

export interface Variable {
  readonly name: string
  /** Where its values are found: `label_values` of this metric. */
  readonly metric: string
  readonly label: string
}

export interface Dashboard {
  readonly id: string
  readonly title: string
  readonly variables: readonly Variable[]
  /** Rows with their headings. */
  readonly rows: readonly { readonly title: string; readonly panels: readonly Panel[] }[]
}

const PANEL_HEIGHT = 8
const STAT_HEIGHT = 4
const COLUMNS = 24
const USUAL_WIDTH = 8
/** How Grafana tells the queries of a panel apart. */
const REFERENCES = 'ABCDEFGH'
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' }

/** The file that Grafana is provisioned with. */
export function renderDashboard(dashboard: Dashboard): string {
  const { id, title, variables } = dashboard
  const json = {
    uid: `jairouter-${id}`,
    title: `JAiRouter / ${title}`,
    tags: ['jairouter'],
    schemaVersion: 39,
    editable: true,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    links: [{ type: 'dashboards', tags: ['jairouter'], title: 'JAiRouter', asDropdown: true, includeVars: false, keepTime: true }],
    templating: { list: [datasourceVariable(), ...variables.map(toVariable)] },
    panels: placed(dashboard),
  }
  return `${JSON.stringify(json, null, 2)}\n`
}

function datasourceVariable(): object {
  return { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus', hide: 0 }
}

function toVariable({ name, metric, label }: Variable): object {
  return {
    name,
    type: 'query',
    datasource: DATASOURCE,
    query: { query: `label_values(${metric}, ${label})`, refId: name },
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { text: 'All', value: '$__all' },
  }
}

function placed({ rows }: Dashboard): readonly object[] {
  const all: object[] = []
  let y = 0
  for (const { title, panels } of rows) {
    all.push({ id: all.length + 1, type: 'row', title, collapsed: false, gridPos: { x: 0, y, w: COLUMNS, h: 1 }, panels: [] })
    y += 1
    let x = 0
    let tallest = 0
    for (const panel of panels) {
      const w = panel.width ?? USUAL_WIDTH
      const h = panel.kind === 'stat' ? STAT_HEIGHT : PANEL_HEIGHT
      if (x + w > COLUMNS) {
        x = 0
        y += tallest
        tallest = 0
      }
      all.push({ id: all.length + 1, ...toPanel(panel), gridPos: { x, y, w, h } })
      x += w
      tallest = Math.max(tallest, h)
    }
    y += tallest
  }
  return all
}

function toPanel({ title, kind, unit, queries, help, stacked }: Panel): object {
  return {
    type: kind,
    title,
    ...(help === undefined ? {} : { description: help }),
    datasource: DATASOURCE,
    targets: queries.map(({ expr, legend }, index) => ({
      refId: REFERENCES[index] ?? '',
      datasource: DATASOURCE,
      expr,
      legendFormat: legend,
      ...(kind === 'timeseries' ? { range: true, exemplar: expr.includes('histogram_quantile') } : { instant: true, range: false }),
      ...(kind === 'table' ? { format: 'table' } : {}),
    })),
    fieldConfig: {
      defaults: { unit, ...(kind === 'timeseries' ? { custom: lineStyle(stacked) } : {}) },
      overrides: [],
    },
    options: optionsOf(kind),
    ...(kind === 'table' ? { transformations: [{ id: 'organize', options: { excludeByName: { Time: true } } }] } : {}),
  }
}

function lineStyle(stacked: true | undefined): object {
  return {
    fillOpacity: stacked ? 40 : 5,
    showPoints: 'never',
    spanNulls: false,
    stacking: { mode: stacked ? 'normal' : 'none', group: 'A' },
  }
}

function optionsOf(kind: Panel['kind']): object {
  if (kind === 'stat') return { reduceOptions: { calcs: ['lastNotNull'] }, graphMode: 'none', colorMode: 'value' }
  if (kind === 'table') return { showHeader: true }
  return { legend: { displayMode: 'table', placement: 'bottom', calcs: ['mean', 'max'] }, tooltip: { mode: 'multi', sort: 'desc' } }
}
