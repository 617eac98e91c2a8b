/**
 * What a backend says of its load in a response header, read in ORCA's forms (gRPC A51; Envoy's `endpoint-load-metrics`):
 *
 *   TEXT cpu_utilization=0.3, rps_fractional=98.5, eps=0.1, named_metrics.in_flight=3, named_metrics.service_ms=9.8
 *   JSON {"cpu_utilization": 0.3, "rpsFractional": 98.5, "named_metrics": {"in_flight": 3}}
 *
 * Any backend that sends these is understood, ours and those in the wild. In text both separators in use are taken: `=`, as
 * in ORCA's design and vLLM, and `:`, as in Envoy's parser (orca_parser.cc). JSON may name fields either way protobuf does.
 * Metrics that mean nothing here are passed over. A header that is no such thing, or in which a metric meant for us
 * is no finite number from 0 up, says nothing at all: it comes from outside, and is never an error of ours.
 */
import { headers } from '../../scenarios/headers.ts';
import type { LoadReport } from '../../strategies/strategy.ts';
import type { PooledBackend } from '../pooled-backend.ts';
import { hashOf } from './fields.ts';

export const loadField = { name: headers.load, hash: hashOf(headers.load) } as const;

/** What each metric's value goes to. The later ones win: `application_utilization` is the better word for ours (gRPC A58). */
const metrics = [
  ['cpu_utilization', 'cpuUtilization', 'cpu'],
  ['application_utilization', 'applicationUtilization', 'application'],
  ['rps', 'rps', 'rps'],
  ['rps_fractional', 'rpsFractional', 'rate'],
  ['eps', 'eps', 'errors'],
] as const;
const named = [
  ['in_flight', 'inFlight'],
  ['service_ms', 'serviceTime'],
] as const;

type Place = (typeof metrics)[number][2] | (typeof named)[number][1];
type Found = Partial<Record<Place, number>>;

const ofText = new Map<string, Place>([
  ...metrics.map(([name, , place]) => [name, place] as const),
  ...named.map(([name, place]) => [`named_metrics.${name}`, place] as const),
]);

/**
 * The report in a header's value that arrives at `at`, ms; undefined where it says nothing. `inFlight` stands in where the
 * backend does not say how many are inside: what the balancer itself has there. What else is missing is 0.
 */
export function readLoad(value: string, inFlight: number, at: number): LoadReport | undefined {
  const found: Found = {};
  const form = value.slice(0, 5).toUpperCase();
  if (form === 'TEXT ') readText(value, found);
  else if (form === 'JSON ') readJson(value.slice(5), found);
  let any = false;
  for (const place in found) {
    if (!(found[place as Place]! >= 0 && found[place as Place]! < Infinity)) return undefined;
    any = true;
  }
  if (!any) return undefined;
  const { cpu = 0, application = 0, rps = 0, rate = rps, errors = 0, serviceTime = 0 } = found;
  return {
    utilization: application > 0 ? application : cpu,
    inFlight: found.inFlight ?? inFlight,
    serviceTime,
    rate,
    errors,
    at,
  };
}

/** Keeps what a response to an attempt says of its backend, where that is a report; to be called while the attempt counts in flight. */
export function takeReport(value: string, backend: PooledBackend, at: number): void {
  const report = readLoad(value, backend.inFlight - 1, at);
  if (report !== undefined) backend.reported = report;
}

function readText(value: string, into: Found): void {
  for (let at = 5; at < value.length; ) {
    let end = value.indexOf(',', at);
    if (end < 0) end = value.length;
    let middle = value.indexOf('=', at);
    if (middle < 0 || middle > end) middle = value.indexOf(':', at);
    if (middle >= 0 && middle < end) {
      const place = ofText.get(value.slice(at, middle).trim());
      if (place !== undefined) into[place] = numberOf(value.slice(middle + 1, end));
    }
    at = end + 1;
  }
}

/** NaN for the empty string too, which `Number` takes for 0. */
function numberOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

function readJson(text: string, into: Found): void {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return; // Says nothing, as the header above has it.
  }
  if (!isRecord(given)) return;
  for (const [name, camel, place] of metrics) {
    const value = given[name] ?? given[camel];
    if (value !== undefined) into[place] = figureOf(value);
  }
  const others = given.named_metrics ?? given.namedMetrics;
  if (isRecord(others))
    for (const [name, place] of named) if (others[name] !== undefined) into[place] = figureOf(others[name]);
}

/** Protobuf writes 64-bit integers (`rps`) as strings in JSON. */
function figureOf(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? numberOf(value) : Number.NaN;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
