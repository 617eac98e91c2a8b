/** Runs a generator as the process it is, against a server of the test's own. For tests. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import { type Load, scenarioSchema } from '../../scenarios/scenario.ts';
import type { TlsLoad } from '../../scenarios/tls-settings.ts';
import { now } from '../clock.ts';
import { causes, outcomes, type RequestColumns, type RequestCounts } from '../recording.ts';
import { type Child, launch } from '../role.ts';
import { readSpool } from '../spool.ts';
import type { FromGenerator, GeneratorResult, GeneratorSettings, ToGenerator } from './generator.ts';

export const loadOf = (load: z.input<typeof scenarioSchema.shape.load>): Load =>
  scenarioSchema.shape.load.parse(load);

export interface Row {
  index: number;
  intended: number;
  sent: number;
  firstByte: number;
  latency: number;
  outcome: string;
  cause: string;
  status: number;
  backend: number;
}

export interface Driven {
  result: GeneratorResult;
  progress: Extract<FromGenerator, { type: 'progress' }>[];
  rows: Row[];
  /** Rows with an intended time from t = 0 on. */
  measured: Row[];
  /** Monotonic ms of t = 0. */
  zero: number;
}

export interface DriveOptions {
  grace?: number;
  tls?: TlsLoad;
  clientAddresses?: boolean;
  way?: GeneratorSettings['way'];
  faults?: GeneratorSettings['faults'];
}

/** `during` runs beside the load, with the process and the monotonic time of t = 0. */
export async function drive(
  port: number,
  load: Load,
  during: (child: Child<ToGenerator, FromGenerator>, zero: number) => Promise<void> = async () => undefined,
  { grace = 500, tls, clientAddresses = false, way, faults }: DriveOptions = {},
): Promise<Driven> {
  const dir = await mkdtemp(join(tmpdir(), 'steelyard-load-'));
  const file = join(dir, 'requests.spool');
  const role = new URL(load.open ? './open-loop.ts' : './autocannon.ts', import.meta.url);
  const settings: GeneratorSettings = {
    target: { host: '127.0.0.1', port },
    load,
    ...(tls === undefined ? {} : { tls }),
    clientAddresses,
    ...(way === undefined ? {} : { way }),
    ...(faults === undefined ? {} : { faults }),
    rate: load.open?.rate ?? 0,
    seed: 1,
    rows: file,
    backends: { a: 0, b: 1 },
    grace,
  };
  const child = await launch<GeneratorSettings, ToGenerator, FromGenerator>(role, settings);
  try {
    const progress: Driven['progress'] = [];
    const done = new Promise<GeneratorResult>((resolve, reject) => {
      child.onMessage((message) => {
        if (message.type === 'done') resolve(message.result);
        else if (message.type === 'progress') progress.push(message);
      });
      void child.ended.then(({ stderr }) => reject(new Error(`the generator ended: ${stderr}`)));
    });
    const at = now() + 20;
    const zero = at + load.warmup;
    child.send({ type: 'start', at });
    const [result] = await Promise.all([done, during(child, zero)]);
    const rows = rowsOf(await readSpool(file));
    return { result, progress, rows, measured: rows.filter(({ intended }) => intended >= 0), zero };
  } finally {
    await child.stop();
    await rm(dir, { recursive: true });
  }
}

export function rowsOf(columns: RequestColumns): Row[] {
  return Array.from({ length: columns.length }, (_, i) => ({
    index: columns.index[i]!,
    intended: columns.intended[i]!,
    sent: columns.sent[i]!,
    firstByte: columns.firstByte[i]!,
    latency: columns.latency[i]!,
    outcome: outcomes[columns.outcome[i]!]!,
    cause: causes[columns.cause[i]!]!,
    status: columns.status[i]!,
    backend: columns.backend[i]!,
  }));
}

/** What the rows add up to. */
export function countsOf(rows: readonly Row[]): RequestCounts {
  const of = (outcome: string) => rows.filter((row) => row.outcome === outcome).length;
  const notSent = of('not-sent');
  return {
    sent: rows.length - notSent,
    ok: of('ok'),
    failed: of('failed'),
    lost: of('lost'),
    inFlightAtEnd: of('in-flight'),
    notSent,
    ...(of('aborted') > 0 ? { aborted: of('aborted') } : {}),
  };
}
