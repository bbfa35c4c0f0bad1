import { hostname } from 'node:os'
import { type Settings, tlsSource } from '../server/index.js'

const anyAddress = ['0.0.0.0', '::']

/** Where a server with this configuration is reached from elsewhere. */
export function urlOf(settings: Settings): string {
  const { http } = settings
  const name = anyAddress.includes(http.host) ? hostname() : http.host
  const host = name.includes(':') ? `[${name}]` : name
  return `${tlsSource(settings) === 'none' ? 'http' : 'https'}://${host}:${http.port}`
}
