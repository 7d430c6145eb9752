import type { WireAnswer } from './answer-request.ts'
import { notModified, tagOf } from './entity-tag.ts'
import { buildDocument } from './openapi/document.ts'
import { openSwaggerFile, SWAGGER_INDEX } from './openapi/swagger-ui.ts'
import type { AnyRoute } from './route.ts'
import { DATA_HEADERS, PAGE_HEADERS } from './security-headers.ts'

export interface Pages {
  /** Undefined where there is nothing at the path. */
  find(path: string, ifNoneMatch: string | undefined): Promise<WireAnswer | undefined>
}

/** What is to be seen beside the management API: its description, Swagger UI, and a page that says where things are. All of it is open and the same for everybody. */
export function createPages(routes: readonly AnyRoute[], version: string): Pages {
  let document: Promise<Described> | undefined
  return {
    async find(path, ifNoneMatch) {
      if (path === '/admin') return redirect('admin/')
      if (path === '/admin/') return html(SIGNPOST)
      if (path === '/admin/setup') return html(SETUP)
      if (path === '/swagger-ui') return redirect('swagger-ui/index.html')
      if (path === '/swagger-ui/') return redirect('index.html')
      if (path === '/swagger-ui/index.html') return html(SWAGGER_INDEX)
      if (path === '/openapi.json') {
        document ??= describe(routes, version)
        return documentAnswer(await document, ifNoneMatch)
      }
      const file = path.startsWith('/swagger-ui/') ? await openSwaggerFile(path.slice('/swagger-ui/'.length)) : undefined
      if (file === undefined) return undefined
      const headers = {
        ...PAGE_HEADERS,
        'cache-control': 'public, max-age=3600',
        'content-type': file.type,
        'content-length': String(file.bytes),
      }
      return { status: 200, headers, body: file.stream }
    },
  }
}

interface Described {
  readonly text: string
  readonly tag: string
}

async function describe(routes: readonly AnyRoute[], version: string): Promise<Described> {
  const text = JSON.stringify(await buildDocument(routes, version))
  return { text, tag: tagOf(text) }
}

function documentAnswer({ text, tag }: Described, ifNoneMatch: string | undefined): WireAnswer {
  const headers = { ...DATA_HEADERS, 'cache-control': 'no-cache', etag: `"${tag}"`, 'content-type': 'application/json; charset=utf-8' }
  return notModified(ifNoneMatch, tag) ? { status: 304, headers } : { status: 200, headers, body: text }
}

/** Relative, so that a proxy that takes a prefix away needs no setting. */
function redirect(location: string): WireAnswer {
  return { status: 302, headers: { ...DATA_HEADERS, location } }
}

function html(body: string): WireAnswer {
  return { status: 200, headers: { ...PAGE_HEADERS, 'cache-control': 'no-cache', 'content-type': 'text/html; charset=utf-8' }, body }
}

const SIGNPOST = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>JAiRouter</title></head>
<body>
<h1>JAiRouter</h1>
<p>This gateway is managed by its REST API and the command line.</p>
<ul>
<li><a href="../swagger-ui/index.html">The API, to read and to try out</a></li>
<li><a href="../openapi.json">The same as an OpenAPI document</a></li>
<li>Sign in: <code>POST api/session</code>, or <code>jairouter --help</code> on the machine itself</li>
<li><a href="../health/ready">Whether it is ready</a></li>
</ul>
</body>
</html>
`

/** The token stands behind the # of the link, which browsers send to nobody. */
const SETUP = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Set up JAiRouter</title></head>
<body>
<h1>Set up JAiRouter</h1>
<p>No account exists yet. Make the first one, an admin, with the token of the link that the gateway printed when it started
(what follows <code>#token=</code>), a name, and a password of at least 12 characters:</p>
<pre>curl -X POST GATEWAY/admin/api/setup -H 'content-type: application/json' \\
  -d '{"token":"TOKEN","name":"admin","password":"PASSWORD"}'</pre>
<p><a href="../swagger-ui/index.html">Or send it from here</a>: <code>POST /setup</code>.</p>
</body>
</html>
`
