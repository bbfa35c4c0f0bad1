import type { App } from '../http/index.js'
import { invalidRequest } from './errors.js'

/** Bytes. */
const longestForm = 65_536

/**
 * Takes bodies as forms (RFC 6749 appendix B) and in no other form. A parameter without a value is none; one that stands twice is an
 * error (section 3.2).
 */
export function takeForms(app: App): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: longestForm },
    (_request, body, done) => {
      const form = new Map<string, string>()
      for (const [name, value] of new URLSearchParams(body as string)) {
        if (form.has(name)) return done(invalidRequest('a parameter stands twice'))
        form.set(name, value)
      }
      done(null, Object.fromEntries([...form].filter(([, value]) => value !== '')))
    },
  )
  app.addContentTypeParser('*', (_request, _payload, done) =>
    done(invalidRequest('send the body as application/x-www-form-urlencoded')),
  )
}
