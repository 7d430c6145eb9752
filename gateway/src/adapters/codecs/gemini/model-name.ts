const METHODS_BELOW = '/v1beta/'

/** `gemini-2.5-flash` -> `models/gemini-2.5-flash`; names that say their collection, as the list of models does, keep it. */
export function resourceName(model: string): string {
  const [, collection = 'models', name = model] = /^(models|tunedModels)\/(.+)$/s.exec(model) ?? []
  return `${collection}/${name}`
}

/** Path of a method of the model, below the backend's URL. */
export function methodPath(model: string, method: string): string {
  const resource = resourceName(model)
  const slash = resource.indexOf('/')
  return `${METHODS_BELOW}${resource.slice(0, slash)}/${encodeURIComponent(resource.slice(slash + 1))}:${method}`
}

/** Gemini's generation, such as 2.5; undefined for names that do not tell (`gemini-flash-latest`, tuned models, Gemma). */
function generationOf(model: string): number | undefined {
  const found = /(?:^|\/)gemini-(\d{1,2}(?:\.\d{1,2})?)(?![\d.])/.exec(model)
  return found === null ? undefined : Number(found[1])
}

/** From the third generation on: thinking levels, signatures that are checked, media in the results of functions. */
export function isThirdGeneration(model: string): boolean {
  return (generationOf(model) ?? 0) >= 3
}
