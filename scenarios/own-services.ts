/**
 * Fleet entries that run a service of the user's own instead of the model: `image` with `port` (a container), `command` (a
 * process) or `urls` (whatever answers there already). What such a service takes to answer is its own business; `model`
 * says what the simulator is to take for it, and without one it cannot be simulated.
 */
import { z } from 'zod';
import { positiveDuration } from './units.ts';

const port = z.int().min(1).max(65_535);

/** `http://HOST:PORT`, and nothing behind it. */
const url = z.string().refine((text) => addressOf(text) !== undefined, {
  error: ({ input }) =>
    `expected http://HOST or http://HOST:PORT, without a path, got ${JSON.stringify(input)}${String(input).startsWith('https:') ? '; what stands behind TLS cannot be asked yet' : ''}`,
});

/** A path inside `{dir}`: it must not lead out of it. */
const insideDir = z
  .string()
  .max(200)
  .regex(/^(?!.*(?:^|\/)\.\.(?:\/|$))[^/\0][^\0]*$/, {
    error: ({ input }) => `expected a path inside {dir}, such as nginx.conf, got ${JSON.stringify(input)}`,
  });

/** The keys of a fleet entry that are about a service of the user's own. */
export const ownFields = {
  image: z.string().min(1).max(300).optional().describe('of a container; give port, too'),
  command: z
    .union([z.string().min(1).max(10_000), z.array(z.string().max(10_000)).min(1)])
    .optional()
    .describe(
      'a process on {host}:{port}: text goes to /bin/sh, a list is run as it is; beside image, what the container runs',
    ),
  urls: z.array(url).min(1).max(200).optional().describe('services that run already, one backend each'),
  port: port.optional().describe('where the image listens; of a command only where it cannot be told {port}'),
  env: z
    .record(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
      z.union([z.string(), z.number(), z.boolean()]).transform(String),
    )
    .optional()
    .describe('environment; placeholders are filled in'),
  files: z
    .record(insideDir, z.string().max(200_000))
    .optional()
    .describe('of command: written into {dir} before each start; placeholders are filled in'),
  cwd: z
    .string()
    .max(1000)
    .optional()
    .describe('of command: where it runs, from the folder of the scenario, which it is unless given'),
  stopSignal: z
    .string()
    .regex(/^SIG[A-Z0-9]{2,10}$/)
    .optional()
    .describe('what `stop` sends; SIGTERM, or what the image says, unless given'),
  ready: z
    .strictObject({
      path: z
        .string()
        .startsWith('/')
        .max(2000)
        .optional()
        .describe('a GET answered below 400; a connection that is accepted, unless given'),
      within: positiveDuration.prefault('30s'),
    })
    .optional()
    .describe('when it serves; load waits for it'),
  restart: z
    .boolean()
    .optional()
    .describe('of image and command: whether every trial begins with a start anew; true unless given'),
} as const;

export type OwnKind = 'image' | 'command' | 'urls';

interface Address {
  readonly host: string;
  readonly port: number;
}

/** A service of the user's own, as an entry has it once read. Durations in ms. */
export interface OwnService {
  readonly kind: OwnKind;
  readonly image?: string;
  readonly command?: string | readonly string[];
  readonly port?: number;
  readonly urls?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Unless given, SIGTERM, or what the image says. */
  readonly stopSignal?: string;
  readonly ready: { readonly path?: string | undefined; readonly within: number };
  readonly restart: boolean;
  /** Whether the entry says what the simulator is to take for it. */
  readonly modelled: boolean;
}

/** Host and port that a URL of `urls` names; undefined where it names more, or none. */
export function addressOf(text: string): Address | undefined {
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  if (parsed?.protocol !== 'http:' || parsed.pathname !== '/' || parsed.search || parsed.hash)
    return undefined;
  if (parsed.username !== '' || parsed.password !== '') return undefined;
  return { host: parsed.hostname.replace(/^\[|\]$/g, ''), port: Number(parsed.port || 80) };
}

type Given = { readonly [K in keyof typeof ownFields]?: z.output<(typeof ownFields)[K]> };

/** The variants, and which other keys each takes. */
const takes: Record<OwnKind, readonly (keyof Given)[]> = {
  image: ['image', 'port', 'command', 'env', 'stopSignal', 'ready', 'restart'],
  command: ['command', 'port', 'env', 'files', 'cwd', 'stopSignal', 'ready', 'restart'],
  urls: ['urls', 'ready'],
};

/** Which variant an entry is; undefined where it is the model. */
export function kindOf(given: { readonly [K in OwnKind]?: unknown }): OwnKind | undefined {
  if (given.image !== undefined) return 'image';
  if (given.command !== undefined) return 'command';
  return given.urls === undefined ? undefined : 'urls';
}

/** What an entry's own keys make, with every finding told to `complain`; undefined where it is the model. */
export function ownOf(
  given: Given & { readonly count?: number | undefined; readonly model?: unknown },
  complain: (key: string, message: string) => void,
): OwnService | undefined {
  const keys = (Object.keys(ownFields) as (keyof Given)[]).filter((key) => given[key] !== undefined);
  const kind = kindOf(given);
  if (kind === undefined) {
    if (keys.length > 0)
      complain(keys[0]!, `expected image, command or urls beside \`${keys[0]}\`, got none of them`);
    if (given.model !== undefined)
      complain(
        'model',
        'expected image, command or urls beside model, got none; write its keys into the entry itself',
      );
    return undefined;
  }
  for (const key of keys)
    if (!takes[kind].includes(key))
      complain(key, `expected only ${takes[kind].join(', ')} of an entry with ${kind}, got \`${key}\``);
  if (kind === 'image' && given.port === undefined)
    complain('image', 'expected `port` beside image: where in the container it listens');
  if (kind === 'command' && given.port !== undefined && (given.count ?? 1) > 1)
    complain(
      'port',
      'expected one backend on a fixed port, got several; write {port} into command, env or files instead, and each gets its own',
    );
  const urls = given.urls?.length ?? 0;
  if (kind === 'urls' && given.count !== undefined && given.count !== urls)
    complain('count', `expected as many as there are urls (${urls}), or no count, got ${given.count}`);
  const { env = {}, files = {}, ready, restart = kind !== 'urls' } = given;
  return {
    ...{ kind, env, files, restart },
    ready: ready ?? { within: 30_000 },
    modelled: given.model !== undefined,
    ...(given.image !== undefined && { image: given.image }),
    ...(given.command !== undefined && { command: given.command }),
    ...(given.port !== undefined && { port: given.port }),
    ...(given.urls !== undefined && { urls: given.urls }),
    ...(given.stopSignal !== undefined && { stopSignal: given.stopSignal }),
    ...(given.cwd !== undefined && { cwd: given.cwd }),
  };
}

/** An entry's service with the folder that its command runs in, by way of `absolute`. */
export function withFolder(own: OwnService, absolute: (folder: string) => string): OwnService {
  return own.kind === 'command' ? { ...own, cwd: absolute(own.cwd ?? '.') } : own;
}

/** What `{…}` stands for in command, env and files. */
export interface Placeholders {
  readonly port: number;
  readonly host: string;
  readonly id: string;
  /** From 0 over the whole fleet. */
  readonly index: number;
  /** A scratch directory of the backend's own. */
  readonly dir: string;
}

/** Fills placeholders in; every other brace stays as it is. */
export function filledIn(text: string, values: Placeholders): string {
  return text.replaceAll(/\{(port|host|id|index|dir)\}/g, (_, key: keyof Placeholders) =>
    String(values[key]),
  );
}
