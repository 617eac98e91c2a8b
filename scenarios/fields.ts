/** From the plain parameter descriptors of faults and service times to zod schemas. */
import { z } from 'zod';
import type { Parameter, Parameters } from './parameters.ts';
import { duration, share } from './units.ts';

function fieldOf(parameter: Parameter): z.ZodType {
  const field = bounded(parameter);
  const described = field.describe(parameter.about);
  if (!('default' in parameter) || parameter.default === undefined) return described;
  return described.default(parameter.default as never);
}

function bounded(parameter: Parameter): z.ZodType {
  switch (parameter.type) {
    case 'boolean':
      return z.boolean();
    case 'choice':
      return z.enum(parameter.of as [string, ...string[]]);
    case 'share':
      return share;
    case 'durations':
      return z.array(duration).min(1);
    case 'duration':
      return boundedDuration(parameter.min ?? 0, parameter.max ?? Infinity);
    default: {
      let field: z.ZodNumber = parameter.type === 'integer' ? z.int() : z.number();
      if (parameter.min !== undefined) field = field.min(parameter.min);
      if (parameter.max !== undefined) field = field.max(parameter.max);
      return field;
    }
  }
}

function boundedDuration(min: number, max: number): z.ZodType {
  if (min <= 0 && max === Infinity) return duration;
  const range = max === Infinity ? `of at least ${min}ms` : `from ${min}ms to ${max}ms`;
  return duration.refine((ms) => ms >= min && ms <= max, {
    error: ({ input }) => `expected a duration ${range}, got ${input}ms`,
  });
}

/** The schema of a definition's options. */
export function fieldsOf(parameters: Parameters) {
  return z.strictObject(
    Object.fromEntries(Object.entries(parameters).map(([key, it]) => [key, fieldOf(it)])),
  );
}

/** What `oneOf` yields: the variant that was named, its options, and the shared fields. */
export type Chosen<Shape extends z.ZodRawShape> = ([keyof Shape] extends [never]
  ? unknown
  : z.output<z.ZodObject<Shape>>) & {
  kind: string;
  options: Record<string, unknown>;
};

/**
 * An object with exactly one of the variants as a key, written `{ exponential: { mean: 10ms } }` and read as
 * `{ kind: 'exponential', options: { mean: 10 } }`, beside the fields they share.
 */
export function oneOf<Shape extends z.ZodRawShape = Record<never, never>>(
  variants: Record<string, z.ZodType>,
  shared?: Shape,
) {
  const names = Object.keys(variants);
  const optional = Object.fromEntries(Object.entries(variants).map(([key, it]) => [key, it.optional()]));
  return z
    .strictObject({ ...(shared ?? {}), ...optional } as Record<string, z.ZodType>)
    .meta({ oneOf: names.map((name) => ({ required: [name] })) })
    .transform((value, context): Chosen<Shape> => {
      const given = names.filter((key) => value[key] !== undefined);
      // An unknown key is likely the variant misspelt, and that has been said.
      if (given.length === 0 && context.issues.length > 0) return z.NEVER;
      if (given.length !== 1) {
        context.addIssue({
          code: 'custom',
          path: given.slice(1, 2),
          message: `expected exactly one of ${names.join(', ')}, got ${given.join(' and ') || 'none of them'}`,
        });
        return z.NEVER;
      }
      const kind = given[0]!;
      const rest = Object.fromEntries(Object.keys(shared ?? {}).map((key) => [key, value[key]]));
      return { ...rest, kind, options: value[kind] } as Chosen<Shape>;
    });
}
