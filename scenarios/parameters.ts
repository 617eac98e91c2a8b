/**
 * Options of faults and service times as plain descriptors, turned into a zod schema. They are plain so that the
 * files which declare them need no library: those files also run inside the backend container, which has none.
 */
export type Parameter =
  | {
      readonly type: 'number' | 'integer';
      readonly default?: number;
      readonly min?: number;
      readonly max?: number;
      readonly about: string;
    }
  | {
      readonly type: 'duration';
      readonly default?: number;
      readonly min?: number;
      readonly max?: number;
      readonly about: string;
    }
  | { readonly type: 'share'; readonly default?: number; readonly about: string }
  | { readonly type: 'boolean'; readonly default: boolean; readonly about: string }
  | {
      readonly type: 'choice';
      readonly default?: string;
      readonly of: readonly string[];
      readonly about: string;
    }
  | { readonly type: 'durations'; readonly about: string };

/** A parameter without a default is required. */
export type Parameters = Readonly<Record<string, Parameter>>;

/** Durations arrive in milliseconds, shares as fractions of one. */
export type ParameterValues<P extends Parameters> = {
  readonly [K in keyof P]: P[K] extends { type: 'boolean' }
    ? boolean
    : P[K] extends { type: 'choice'; of: readonly (infer C)[] }
      ? C
      : P[K] extends { type: 'durations' }
        ? readonly number[]
        : number;
};
