/** `steelyard proxy`: one balancer, stand-alone, in front of backends that are there already. */
import { Command } from 'commander';
import { hostPort } from '../../scenarios/addresses.ts';
import { Exit, exitCode } from '../exit.ts';
import { assertCertificates, serveUntilTold } from '../proxy/serve.ts';
import { loadStandalone, ownStrategyFile, type Standalone } from '../proxy/standalone.ts';
import { listStrategies } from '../strategies.ts';
import { overridesOf, type ProxyOptions } from './proxy-options.ts';
import { ownStrategy } from './scenario-options.ts';

interface Options extends ProxyOptions {
  check?: boolean;
  json?: boolean;
}

const each = (text: string, before: string[]) => [...before, text];
const tokenVariable = 'STEELYARD_ADMIN_TOKEN';

export function proxy(): Command {
  return new Command('proxy')
    .description('balance real traffic: one balancer, stand-alone')
    .option(
      '--config <file>',
      'a balancer’s file: listen, backends, strategy, and the keys of a scenario’s `balancer`',
    )
    .option('--listen <host:port>', 'where to serve; :8080 for every address of this machine')
    .option(
      '--backend <url>',
      'http://HOST:PORT, or with more: URL,weight=2,zone=eu,id=a (repeatable)',
      each,
      [],
    )
    .option('--strategy <name>', 'a strategy, or a file of yours such as ./mine.mts (default: p2c)')
    .option('--option <name=value>', 'an option of the strategy (repeatable)', each, [])
    .option('--layer <n>', 'what is balanced: 7 for HTTP requests, 4 for TCP connections')
    .option('--admin <host:port>', 'side door: /stats, /backends and more; or unix:/path/of/a/socket')
    .option('--admin-host <name>', 'another name the side door may be asked under (repeatable)', each, [])
    .option(
      '--admin-token-file <file>',
      `file with its token; or give it in ${tokenVariable}; else one is made and printed`,
    )
    .option('--access-log <file>', 'a JSON line a request; - for standard output; SIGHUP reopens it')
    .option('--drain <duration>', 'how long requests in flight may take once told to stop (default: 10s)')
    .option('--seed <n>', 'seed of the strategy’s draws')
    .option(
      '--set <path=value>',
      'any other key of the file, for example health.interval=1s (repeatable)',
      each,
      [],
    )
    .option('--check', 'only check that it could start, and say what it would do')
    .option(
      '--json',
      'what it says as JSON: a line on standard output once it serves, events on standard error',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ steelyard proxy --listen 127.0.0.1:8080 --backend http://127.0.0.1:8081 --backend http://127.0.0.1:8082
  $ steelyard proxy --config balancer.yaml --admin 127.0.0.1:9090 --access-log access.log
  $ curl http://127.0.0.1:9090/stats

Signals: SIGTERM and SIGINT drain; a second one ends it at once; SIGHUP reopens the access log
         and reads certificates again.
Exit codes: 0 drained · 1 it failed, an address in use included · 2 bad input ·
            130/143 told to stop, and cut off requests that took longer than --drain`,
    )
    .action(action);
}

async function action(options: Options): Promise<void> {
  const standalone = await prepared(options);
  await assertCertificates(standalone.settings);
  if (options.check) return console.log(told(standalone, options.json === true));
  await serveUntilTold(standalone, { json: options.json === true });
}

async function prepared(options: Options): Promise<Standalone> {
  const strategies = new Map(await listStrategies());
  const token = process.env[tokenVariable];
  const input = {
    overrides: overridesOf(options),
    strategies,
    ...(options.config === undefined ? {} : { config: options.config }),
    ...(token === undefined ? {} : { token: sound(token) }),
  };
  const own = ownStrategyFile(input);
  if (own !== undefined) strategies.set(own, await ownStrategy(own));
  return loadStandalone(input);
}

function sound(token: string): string {
  if (/^[\x21-\x7e]{16,512}$/.test(token)) return token;
  throw new Exit(
    exitCode.input,
    `${tokenVariable}: expected at least 16 visible characters in one word, got ${token.length} characters`,
  );
}

function told({ settings }: Standalone, json: boolean): string {
  const { listen, backends, strategy, balancer } = settings;
  if (json) return JSON.stringify({ sound: true, listen, strategy, backends, balancer }, undefined, 2);
  return [
    'It is sound, and would',
    `  serve at    ${hostPort(listen.host || '*', listen.port)}, layer ${balancer.layer}`,
    `  choose by   ${strategy.name}`,
    ...backends.map(
      ({ id, host, port, weight, zone }, i) =>
        `  ${i === 0 ? 'among' : '     '}       ${id} at ${hostPort(host, port)}, weight ${weight}${zone === undefined ? '' : `, in ${zone}`}`,
    ),
  ].join('\n');
}
