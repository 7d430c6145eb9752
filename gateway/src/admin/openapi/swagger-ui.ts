import { createReadStream, type ReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'

/** File of the package's `static` folder -> its media type. Nothing else is given out. */
const FILES: ReadonlyMap<string, string> = new Map([
  ['swagger-ui.css', 'text/css; charset=utf-8'],
  ['index.css', 'text/css; charset=utf-8'],
  ['swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
  ['swagger-ui-standalone-preset.js', 'text/javascript; charset=utf-8'],
  ['favicon-16x16.png', 'image/png'],
  ['favicon-32x32.png', 'image/png'],
])

const INITIALIZER = 'swagger-initializer.js'

/** As the package's own, with addresses that are relative: it works behind a proxy that takes a prefix away. */
export const SWAGGER_INDEX = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>JAiRouter API</title>
<link rel="stylesheet" href="./swagger-ui.css">
<link rel="stylesheet" href="./index.css">
<link rel="icon" type="image/png" href="./favicon-32x32.png" sizes="32x32">
<link rel="icon" type="image/png" href="./favicon-16x16.png" sizes="16x16">
</head>
<body>
<div id="swagger-ui"></div>
<script src="./swagger-ui-bundle.js"></script>
<script src="./swagger-ui-standalone-preset.js"></script>
<script src="./${INITIALIZER}"></script>
</body>
</html>
`

/** No validator: it would send the document to somebody else's server. */
const INITIALIZER_SCRIPT = `window.addEventListener('load', () => {
  window.ui = SwaggerUIBundle({
    url: '../openapi.json',
    dom_id: '#swagger-ui',
    deepLinking: true,
    validatorUrl: null,
    docExpansion: 'none',
    filter: true,
    presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
    plugins: [SwaggerUIBundle.plugins.DownloadUrl],
    layout: 'StandaloneLayout',
  })
})
`

export interface StaticFile {
  readonly type: string
  readonly bytes: number
  readonly stream: ReadStream | Readable
}

/** Undefined for every name that is not among Swagger UI's, and where the package is not installed. */
export async function openSwaggerFile(name: string): Promise<StaticFile | undefined> {
  if (name === INITIALIZER) {
    const bytes = Buffer.from(INITIALIZER_SCRIPT)
    return { type: 'text/javascript; charset=utf-8', bytes: bytes.length, stream: Readable.from([bytes]) }
  }
  const type = FILES.get(name)
  if (type === undefined) return undefined
  const file = new URL(`static/${name}`, import.meta.resolve('@fastify/swagger-ui/package.json'))
  const found = await stat(file).catch(() => undefined)
  return found === undefined ? undefined : { type, bytes: found.size, stream: createReadStream(file) }
}
