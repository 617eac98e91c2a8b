/**
 * A stand-alone balancer from its start to its end: says on standard output that it serves, and everything else on
 * standard error; drains on SIGTERM and SIGINT, leaves at once on a second, reopens its log and reads
 * its certificates again on SIGHUP.
 */
import { hostPort } from '../../scenarios/addresses.ts';
import { now } from '../clock.ts';
import { Exit, exitCode } from '../exit.ts';
import { StrategyError } from '../strategy-guard.ts';
import { AccessLog } from './access-log.ts';
import { type BalancerHooks, type RunningBalancer, startBalancer } from './balancer.ts';
import { assertFree } from './free-address.ts';
import { type HouseLog, houseLog, toldEvent } from './house-log.ts';
import type { ProxySettings } from './settings.ts';
import type { Standalone } from './standalone.ts';
import { Telemetry } from './telemetry.ts';
import { TlsTermination } from './tls.ts';

/** Resolves when it was told to stop and all requests had finished; throws `Exit` where it could not start or had to cut some off. */
export async function serveUntilTold(
  { settings, drainMs, accessLog }: Standalone,
  { json }: { json: boolean },
): Promise<void> {
  const log = houseLog(json);
  await assertStartable(settings);
  const access = accessLog === undefined ? undefined : openAccessLog(accessLog, log);
  endOnUncaught(log);
  // However it ends: what it knows of its last requests is on disk.
  process.on('exit', () => access?.file.flushNow());
  let serves: RunningBalancer | undefined;
  process.on('SIGHUP', () => {
    const certificates = reload(serves);
    if (certificates !== undefined) log.note(certificates);
    if (access !== undefined || certificates === undefined) reopen(access, log);
  });
  const told = signals();
  const telemetry = settings.admin === undefined ? undefined : new Telemetry();
  const balancer = await started(settings, log, {
    onEvent: (event) => {
      const told = toldEvent(event);
      log.event(told);
      telemetry?.events.publish(told);
    },
    ...(telemetry === undefined ? {} : { telemetry }),
    ...(access === undefined ? {} : { accessLog: access }),
  });
  serves = balancer;
  told.serving();
  console.log(json ? JSON.stringify(serving(settings, balancer)) : inWords(settings, balancer));
  const code = await told.stop;
  log.note(`draining: no new connections, ${drainMs} ms for what is in flight; again to end at once`);
  const cut = await balancer.stop(drainMs);
  await access?.file.close();
  told.end();
  if (cut === 0) return log.note('drained');
  log.note(`${cut} connection${cut === 1 ? ' was' : 's were'} cut off after ${drainMs} ms`);
  throw new Exit(code);
}

function openAccessLog(file: string, log: HouseLog): AccessLog {
  try {
    return new AccessLog({ file, onTrouble: log.note });
  } catch (cause) {
    throw new Exit(
      exitCode.failed,
      `--access-log: expected a file that can be written, got ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** A log that was moved away is begun anew; without one there is nothing to do, and SIGHUP must not be the end all the same. */
function reopen(access: AccessLog | undefined, log: HouseLog): void {
  const reopened = access?.file.reopen() === true;
  log.note(
    reopened ? 'SIGHUP: the access log is reopened' : 'SIGHUP: there is no access log in a file to reopen',
  );
}

/** What became of its certificates; undefined where none is a file. */
function reload(balancer: RunningBalancer | undefined): string | undefined {
  try {
    const count = balancer?.reloadCertificates() ?? 0;
    if (count === 0) return undefined;
    return `SIGHUP: ${count} certificate${count === 1 ? ' is' : 's are'} read again, for new connections`;
  } catch (cause) {
    return `SIGHUP: expected PEM certificates and their private keys, got: ${(cause as Error).message}; all certificates stay as they were`;
  }
}

/** Certificates are files that only reading them can judge. Throws `Exit` with code 2. */
export async function assertCertificates({ balancer }: ProxySettings): Promise<void> {
  try {
    if (balancer.tls !== false) await TlsTermination.create(balancer.tls, now);
  } catch (cause) {
    const message = `tls: expected a PEM certificate and its private key, got: ${(cause as Error).message}`;
    throw new Exit(exitCode.input, message, { cause });
  }
}

async function assertStartable({ listen, admin }: ProxySettings): Promise<void> {
  try {
    await assertFree(listen, '--listen');
    if (admin !== undefined) await assertFree(admin, '--admin');
  } catch (cause) {
    throw new Exit(exitCode.failed, (cause as Error).message, { cause });
  }
}

/** A balancer that cannot start leaves nothing behind: its checks would go on. */
async function started(
  settings: ProxySettings,
  log: HouseLog,
  hooks: BalancerHooks,
): Promise<RunningBalancer> {
  try {
    return await startBalancer(settings, hooks);
  } catch (error) {
    log.note(inFewWords(error as Error));
    return process.exit(exitCode.failed);
  }
}

const inFewWords = (error: Error): string =>
  error instanceof StrategyError ? error.message : `${error.stack ?? error}`;

/** A strategy of the user's that throws is told by its file and line; anything else by its stack. Either is the end. */
function endOnUncaught(log: HouseLog): void {
  process.on('uncaughtException', (error) => {
    log.note(inFewWords(error));
    process.exit(exitCode.failed);
  });
}

/** `stop` resolves with the exit code of the first signal once it serves; before, a signal is the end, and so is a second one. */
function signals(): { stop: Promise<number>; serving(): void; end(): void } {
  const { promise: stop, resolve } = Promise.withResolvers<number>();
  let code: number | undefined;
  let serves = false;
  const on = (given: number) => () => {
    if (code !== undefined || !serves) process.exit(code ?? given);
    code = given;
    resolve(given);
  };
  const listeners = { SIGINT: on(exitCode.interrupted), SIGTERM: on(exitCode.terminated) } as const;
  for (const [name, listener] of Object.entries(listeners)) process.on(name, listener);
  return {
    stop,
    serving: () => {
      serves = true;
    },
    end: () => {
      for (const [name, listener] of Object.entries(listeners)) process.off(name, listener);
    },
  };
}

/** What the line on standard output says to machines. */
function serving(
  { listen, strategy, balancer, admin: asked }: ProxySettings,
  { port, admin, stats }: RunningBalancer,
) {
  const { totals, backends } = stats();
  const scheme = balancer.layer === 4 ? 'tcp' : balancer.tls === false ? 'http' : 'https';
  return {
    type: 'serving',
    url: `${scheme}://${hostPort(listen.host || 'localhost', port)}`,
    host: listen.host,
    port,
    pid: process.pid,
    strategy: strategy.name,
    backends: backends.length,
    available: totals.available,
    ...(admin === undefined || asked === undefined
      ? {}
      : {
          admin: {
            url: adminUrl(asked, admin.port),
            // Printed once, where it was made here and is asked for.
            ...(asked.token === undefined && asked.path === undefined ? { token: admin.token } : {}),
          },
        }),
  };
}

const adminUrl = ({ host, path }: NonNullable<ProxySettings['admin']>, port: number): string =>
  path === undefined ? `http://${hostPort(host || 'localhost', port)}` : `unix:${path}`;

function inWords(settings: ProxySettings, balancer: RunningBalancer): string {
  const { url, strategy, backends, available, admin } = serving(settings, balancer);
  const token = admin?.token === undefined ? '' : `, token ${admin.token}`;
  const door = admin === undefined ? '' : `; admin at ${admin.url}${token}`;
  return `Serving ${url} with ${strategy}, ${available} of ${backends} backends available${door}`;
}
