/** One run of wrk: the load of these benches, because it costs a tenth of what it drives and counts every request. */
import { execa } from 'execa';

export interface WrkRun {
  readonly requests: number;
  readonly perSecond: number;
  /** ms. */
  readonly p50: number;
  readonly p99: number;
}

export interface WrkOptions {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** Header lines beyond Host. */
  readonly headers?: readonly string[];
}

/** Rejects where there is no wrk, and where anything but a complete 2xx came back: a proxy that fails fast is not fast. */
export async function wrk({ port, connections, seconds, headers = [] }: WrkOptions): Promise<WrkRun> {
  const { stdout, originalMessage } = await execa(
    'wrk',
    [
      '-t1',
      `-c${connections}`,
      `-d${seconds}s`,
      '--latency',
      ...headers.flatMap((it) => ['-H', it]),
      `http://127.0.0.1:${port}/api/users`,
    ],
    { reject: false, timeout: (seconds + 30) * 1000 },
  );
  if (originalMessage?.includes('ENOENT')) throw new Error('expected wrk, found none: apt-get install wrk');
  const wrong = /Socket errors.*|Non-2xx.*|unable to connect.*/.exec(stdout ?? '')?.[0];
  const requests = Number(/(\d+) requests in/.exec(stdout ?? '')?.[1]);
  if (wrong !== undefined || !(requests > 0))
    throw new Error(`wrk on port ${port}: ${wrong ?? originalMessage ?? 'no request came back'}`);
  const ms = (percent: number) => {
    const [, value, unit] = new RegExp(`${percent}%\\s+([\\d.]+)(us|ms|s)`).exec(stdout)!;
    return Number(value) * { us: 0.001, ms: 1, s: 1000 }[unit as 'us' | 'ms' | 's'];
  };
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)![1]);
  return { requests, perSecond, p50: ms(50), p99: ms(99) };
}
