/** A fault's options as they arrive over the control port: defaults filled in, the rest checked without a library. */
import type { Parameter, Parameters } from '../scenarios/parameters.ts';

function fits(parameter: Parameter, value: unknown): boolean {
  switch (parameter.type) {
    case 'boolean':
      return typeof value === 'boolean';
    case 'choice':
      return typeof value === 'string' && parameter.of.includes(value);
    case 'durations':
      return (
        Array.isArray(value) && value.length > 0 && value.every((it) => typeof it === 'number' && it >= 0)
      );
    case 'share':
      return typeof value === 'number' && value >= 0 && value <= 1;
    default: {
      const least = parameter.min ?? (parameter.type === 'duration' ? 0 : -Infinity);
      if (typeof value !== 'number' || !(value >= least && value <= (parameter.max ?? Infinity)))
        return false;
      return parameter.type !== 'integer' || Number.isInteger(value);
    }
  }
}

/** Durations in ms, shares of one. Throws a RangeError that says what was expected. */
export function completeOptions(
  parameters: Parameters,
  given: Record<string, unknown>,
): Record<string, unknown> {
  for (const key of Object.keys(given))
    if (!Object.hasOwn(parameters, key))
      throw new RangeError(
        `no option is called ${key}; there are ${Object.keys(parameters).join(', ') || 'none'}`,
      );
  return Object.fromEntries(
    Object.entries(parameters).map(([key, parameter]) => {
      const value = given[key] ?? ('default' in parameter ? parameter.default : undefined);
      if (fits(parameter, value)) return [key, value];
      throw new RangeError(
        `${key}: expected a ${parameter.type} (${parameter.about}), got ${JSON.stringify(value)}`,
      );
    }),
  );
}
