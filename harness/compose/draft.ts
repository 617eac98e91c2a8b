/**
 * A scenario drafted from a Docker Compose file: each service that has a port becomes a fleet entry, and everything that could not be
 * carried over is said in a comment beside it. Values of environment variables stay where they are: they are often secrets.
 */
import { namePattern } from '../../scenarios/names.ts';
import { type Finding, ScenarioError } from '../../scenarios/problem.ts';
import type { Source } from '../../scenarios/source.ts';
import { yamlName } from '../yaml-name.ts';

type Mapping = Readonly<Record<string, unknown>>;

const isMapping = (it: unknown): it is Mapping => typeof it === 'object' && it !== null && !Array.isArray(it);

/** Images of load balancers: Steelyard's own takes their place. */
const balancers = /(?:^|\/)(nginx|haproxy|traefik|caddy|envoy)(?:[:@]|$)/;
/** What is carried over, or told of in words of its own. */
const understood = new Set([
  ...['image', 'build', 'ports', 'expose', 'deploy', 'scale', 'healthcheck', 'command', 'environment'],
  'env_file',
]);

/** The draft's text. Throws a `ScenarioError` that names the line for a file that is no Compose file, or has nothing to weigh. */
export function draftOf({ raw, file, problems, place }: Source, project: string): string {
  const refuse = (finding: Finding) => new ScenarioError([place(finding)]);
  if (problems.length > 0) throw new ScenarioError(problems);
  if (!isMapping(raw) || !isMapping(raw.services))
    throw refuse({
      path: ['services'],
      message: 'expected a Compose file with a mapping of `services`, got none',
    });
  const entries: string[] = [];
  const left: string[] = [];
  const ids = new Set<string>();
  for (const [name, service] of Object.entries(raw.services)) {
    if (!isMapping(service))
      throw refuse({
        path: ['services', name],
        message: 'expected a service as a mapping, got something else',
      });
    const why = whyLeft(service);
    if (why === undefined) entries.push(entryOf(name, idOf(name, ids), service, project));
    else left.push(`#   ${plain(name)}: ${why}`);
  }
  if (entries.length === 0)
    throw refuse({
      path: ['services'],
      message: `expected a service with a port of its own, got none:\n${left.join('\n')}`,
    });
  return [
    `# Drafted from ${plain(file)} by steelyard init --from-compose. Read it, then: steelyard check steelyard.yaml`,
    ...(left.length > 0 ? ['# Left out:', ...left] : []),
    'fleet:',
    ...entries,
    'load:',
    '  open: { rate: 100/s }      # how much your services take is theirs to know',
    '  warmup: 2s',
    '  duration: 20s',
    '  requests: [{ path: / }]    # add method, headers, content, check: { status: 200 }',
    'contenders: [round-robin, least-connections, p2c]',
    '# faults: [{ at: 5s, until: 10s, on: all, crash: {} }]',
    '',
  ].join('\n');
}

/** Why a service is no part of the fleet; undefined where it is. */
function whyLeft(service: Mapping): string | undefined {
  const balancer = balancers.exec(String(service.image ?? ''))?.[1];
  if (balancer !== undefined)
    return `${balancer} balances load, which is Steelyard's part; if here it serves files, add it by hand`;
  if (service.image === undefined && service.build === undefined) return 'neither image nor build';
  if (portOf(service) === undefined) return 'no port in `ports` or `expose`, so nothing that requests go to';
  return undefined;
}

/** The first container port; undefined where there is none, or a variable says it. */
function portOf({ ports, expose }: Mapping): number | undefined {
  for (const it of [ports, expose].flat()) {
    const target = isMapping(it) ? it.target : it;
    const port = /(?:^|:)(\d+)(?:-\d+)?(?:\/tcp)?$/.exec(String(target ?? ''))?.[1];
    if (port !== undefined) return Number(port);
  }
  return undefined;
}

/** Fit for a fleet, and like no other in it: Compose tells `Web` from `web`. */
function idOf(name: string, taken: Set<string>): string {
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]/g, '-')
    .replace(/^[^a-z0-9]+/, '');
  const fit = namePattern.test(plain) ? plain : 'service';
  let id = fit;
  for (let i = 2; taken.has(id); i++) id = `${fit}-${i}`;
  taken.add(id);
  return id;
}

function entryOf(name: string, id: string, service: Mapping, project: string): string {
  const { image, build, deploy, scale, command, environment, env_file: envFile } = service;
  const said: string[] = [];
  if (image === undefined && build !== undefined) said.push('built by: docker compose build');
  if (/\$\{?\w/.test(String(image ?? ''))) said.push('the image is named by a variable: write its value');
  const copies = Number((isMapping(deploy) ? deploy.replicas : undefined) ?? scale ?? 1);
  if (!Number.isInteger(copies) || copies < 1) said.push(`its number is ${plain(copies)}: one is taken`);
  const variables = Array.isArray(environment)
    ? environment.map((it) => String(it).split('=')[0]!)
    : Object.keys(isMapping(environment) ? environment : {});
  if (variables.length > 0)
    said.push(`env is not copied, as it may hold secrets: ${variables.map(plain).join(', ')}`);
  if (envFile !== undefined) said.push('env_file is not copied, as it may hold secrets');
  if (command !== undefined && !Array.isArray(command))
    said.push('command is not carried over: write it as a list');
  const path = healthPath(service.healthcheck);
  if (service.healthcheck !== undefined && path === undefined)
    said.push('its healthcheck asks for no URL: ready by a connection');
  const rest = Object.keys(service).filter((key) => !understood.has(key));
  if (rest.length > 0) said.push(`not carried over: ${rest.map(plain).join(', ')}`);
  const fields = [
    `id: ${yamlName(id)}`,
    ...(Number.isInteger(copies) && copies > 1 ? [`count: ${copies}`] : []),
    `image: ${JSON.stringify(image ?? `${project}-${name}`)}`,
    `port: ${portOf(service)}`,
    ...(Array.isArray(command) ? [`command: ${JSON.stringify(command.map(String))}`] : []),
    ...(path === undefined ? [] : [`ready: { path: ${JSON.stringify(path)} }`]),
  ];
  return [...said.map((it) => `  # ${it}`), `  - { ${fields.join(', ')} }`].join('\n');
}

/** The path that a health check asks for by curl, wget and the like. */
function healthPath(healthcheck: unknown): string | undefined {
  const test = isMapping(healthcheck) ? [healthcheck.test].flat().join(' ') : '';
  const found = /https?:\/\/[^\s/"']+(\/[^\s"'|;&]*)?/.exec(test);
  return found === null ? undefined : (found[1] ?? '/');
}

/** Fit for a comment: one line, nothing that ends it. */
const plain = (it: unknown): string =>
  String(it)
    .replaceAll(/[^\x20-\x7e\xa0-\uffff]/g, ' ')
    .slice(0, 200);
