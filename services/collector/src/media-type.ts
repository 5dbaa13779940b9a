/** The three content modes of CloudEvents over HTTP. */
export type ContentMode = 'structured' | 'batch' | 'binary'

/** The content type of each. */
export const modes: ReadonlyMap<string, ContentMode> = new Map<string, ContentMode>([
  ['application/cloudevents+json', 'structured'],
  ['application/cloudevents-batch+json', 'batch'],
  ['application/json', 'binary']
])

/** RFC 9110: type, subtype, and parameters whose value is a token or a quoted string. No other white space anywhere. */
const mediaType =
  /^([!#$%&'*+.^_`|~\w-]+\/[!#$%&'*+.^_`|~\w-]+)((?: *; *[!#$%&'*+.^_`|~\w-]+=(?:[!#$%&'*+.^_`|~\w-]+|"[^"\\]*"))*)$/
const utf8Only = /^(?: *; *charset=(?:utf-8|"utf-8"))*$/i

/** The content mode that a `content-type` stands for, or null where it is none that is taken: JSON in UTF-8 alone. */
export function contentModeOf(contentType: string | undefined): ContentMode | null {
  const [, type, parameters] = mediaType.exec(contentType ?? '') ?? []
  if (type === undefined || !utf8Only.test(parameters ?? '')) return null
  return modes.get(type.toLowerCase()) ?? null
}
