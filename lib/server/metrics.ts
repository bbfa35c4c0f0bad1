import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import Type from 'typebox'
import type { KeyManager } from '../core/index.js'
import type { App } from '../faces/http/index.js'
import { expiries } from './expiry.js'
import type { RequestTimes } from './request_times.js'
import type { ServerTls } from './tls.js'

/** Counts and times every request by route. */
export function countRequests(app: App, times: RequestTimes): void {
  // Not onResponse, for which fastify listens to every response until its last byte has gone.
  app.addHook('onSend', (request, reply, _payload, done) => {
    const { method, routeOptions, began } = request
    // Paths that are no route are as many as somebody likes.
    const route = routeOptions.url ?? 'none'
    times.observe(method, route, reply.statusCode, (performance.now() - began) / 1000)
    done()
  })
}

/** Serves what was counted, and the process's own figures with it. No token needed. */
export function metricsRoute(
  app: App,
  keyManager: KeyManager,
  times: RequestTimes,
  tls: ServerTls | undefined,
): void {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const readJobs = jobMetrics(registry, keyManager)
  const readAudit = auditMetrics(registry, keyManager)
  const readExpiries = expiryMetrics(registry, keyManager, tls)
  const readTokens = tokenMetrics(registry, keyManager)

  app.get(
    '/metrics',
    {
      schema: {
        tags: ['server'],
        operationId: 'getMetrics',
        summary: 'Figures for Prometheus',
        security: [],
        response: { 200: { content: { 'text/plain': { schema: Type.String() } } } },
      },
    },
    async (_request, reply) => {
      readTokens()
      // A store that cannot be read is told by /health; the other figures are still good.
      await Promise.all([readJobs(), readAudit(), readExpiries()]).catch(() => undefined)
      return reply.type(registry.contentType).send(`${await registry.metrics()}${times.text()}`)
    },
  )
}

/** How what falls due is coming along. @returns what reads it anew */
function jobMetrics(registry: Registry, keyManager: KeyManager): () => Promise<void> {
  const registers = [registry]
  const waiting = new Gauge({
    name: 'mortise_jobs_waiting',
    help: 'Jobs whose time has come but which were not tried yet',
    registers,
  })
  const failing = new Gauge({
    name: 'mortise_jobs_failing',
    help: 'Jobs that have failed and wait for another attempt',
    registers,
  })
  const runs = new Counter({
    name: 'mortise_job_runs_total',
    help: 'Runs of jobs by this process',
    labelNames: ['outcome'],
    registers,
  })
  return async () => {
    const health = await keyManager.jobHealth()
    waiting.set(health.waiting)
    failing.set(health.failing)
    runs.reset()
    runs.inc({ outcome: 'success' }, health.done)
    runs.inc({ outcome: 'failure' }, health.failed)
  }
}

/** When certificates end, so that somebody can be told before. @returns what reads it anew */
function expiryMetrics(
  registry: Registry,
  keyManager: KeyManager,
  tls: ServerTls | undefined,
): () => Promise<void> {
  const ends = new Gauge({
    name: 'mortise_certificate_expiry_timestamp_seconds',
    help: 'When the certificate of the server, and of each authority by its id, ends: seconds since 1970',
    labelNames: ['kind', 'authority'],
    registers: [registry],
  })
  return async () => {
    const all = await expiries(keyManager, tls)
    ends.reset()
    for (const { kind, id, notAfter } of all) ends.set({ kind, authority: id }, notAfter / 1000)
  }
}

/** How the audit trail gets outside. @returns what reads it anew */
function auditMetrics(registry: Registry, keyManager: KeyManager): () => Promise<void> {
  const registers = [registry]
  const waiting = new Gauge({
    name: 'mortise_audit_sink_waiting',
    help: 'Audit records that were not delivered to a sink yet',
    labelNames: ['sink'],
    registers,
  })
  const failing = new Gauge({
    name: 'mortise_audit_sink_failing',
    help: 'Whether the last delivery to a sink has failed',
    labelNames: ['sink'],
    registers,
  })
  const checkpoints = new Gauge({
    name: 'mortise_audit_checkpoints_failing',
    help: 'Whether the last checkpoint could not be made or exported',
    registers,
  })
  return async () => {
    const { sinks, checkpointFailure } = await keyManager.auditHealth()
    for (const { kind, waiting: records, failure } of sinks) {
      waiting.set({ sink: kind }, records)
      failing.set({ sink: kind }, failure === null ? 0 : 1)
    }
    checkpoints.set(checkpointFailure === null ? 0 : 1)
  }
}

const tokenStates = ['ready', 'degraded', 'down', 'recovering', 'poisoned', 'refused'] as const

/** How the tokens do, as the pool knows it: nothing is asked of them. @returns what reads it anew */
function tokenMetrics(registry: Registry, keyManager: KeyManager): () => void {
  const registers = [registry]
  const gauge = (name: string, help: string, more: readonly string[] = []) =>
    new Gauge({ name: `mortise_hsm_${name}`, help, labelNames: ['token', ...more], registers })
  const counter = (name: string, help: string, more: readonly string[] = []) =>
    new Counter({ name: `mortise_hsm_${name}_total`, help, labelNames: ['token', ...more], registers })
  const state = gauge('state', 'Whether a token is in this state', ['state'])
  const gauges = {
    threads: gauge('threads', 'Threads of the pool'),
    sessions: gauge('sessions', 'Sessions that are open'),
    queued: gauge('queued', 'Jobs that wait'),
    inFlight: gauge('in_flight', 'Jobs under way'),
    stuck: gauge('stuck_threads', 'Threads that a call does not come back to'),
  }
  const counters = {
    jobs: counter('jobs', 'Jobs'),
    failed: counter('jobs_failed', 'Jobs that have failed'),
    busy: counter('jobs_refused', 'Jobs that were refused as too many'),
    timeouts: counter('jobs_timed_out', 'Jobs that were not done in time'),
    logins: counter('logins', 'Calls of C_Login'),
    finds: counter('finds', 'Searches for keys'),
    sessionsOpened: counter('sessions_opened', 'Calls of C_OpenSession'),
    retries: counter('retries', 'Jobs that were tried again'),
    reinitializations: counter('reinitializations', 'Initialisations of the module after the first'),
  }
  const codes = counter('return_codes', 'Return codes other than CKR_OK', ['code'])
  const waits = counter('queue_wait', 'Jobs by the microseconds that they have waited at most', [
    'microseconds',
  ])
  return () => {
    for (const one of [state, codes, waits, ...Object.values(counters)]) one.reset()
    for (const { name: token, status } of keyManager.tokenHealth()) {
      for (const one of tokenStates) state.set({ token, state: one }, status?.state === one ? 1 : 0)
      if (!status) continue
      for (const [field, one] of Object.entries(gauges))
        one.set({ token }, status[field as keyof typeof gauges])
      for (const [field, one] of Object.entries(counters))
        one.inc({ token }, status[field as keyof typeof counters])
      for (const [code, count] of Object.entries(status.returnCodes)) codes.inc({ token, code }, count)
      for (const [i, count] of status.queueWait.entries())
        if (count > 0) waits.inc({ token, microseconds: String(2 ** i) }, count)
    }
  }
}
