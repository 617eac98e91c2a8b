/**
 * A strategy's options, checked against the descriptors its file exports. What it gets are values it declared; what the
 * user gets is what was expected, what stood there, where, and the name that was probably meant.
 */
import { nearest } from '../scenarios/nearest.ts';
import { parseDuration } from '../scenarios/units.ts';
import type { Option, Options, Values } from '../strategies/strategy.ts';

/** Bad input: a name, a file or an option. `path` leads to it from the contender, such as `['options', 'choices']`. */
export class StrategyInputError extends Error {
  override name = 'StrategyInputError';
  readonly path: readonly string[];

  constructor(path: readonly string[], message: string, cause?: unknown) {
    super(message, { cause });
    this.path = path;
  }
}

/** The options given, in the units the strategy wants, and the defaults of the others. */
export function optionValues(
  strategy: string,
  options: Options,
  given: Readonly<Record<string, unknown>>,
): Values<Options> {
  const values: Record<string, unknown> = {};
  for (const [key, option] of Object.entries(options)) values[key] = option.default;
  for (const [key, value] of Object.entries(given)) {
    const where = ['options', key];
    const option = Object.hasOwn(options, key) ? options[key] : undefined;
    if (option === undefined) {
      const meant = nearest(key, Object.keys(options));
      const known = Object.keys(options).join(', ');
      const hint = known === '' ? 'it has none' : meant ? `did you mean ${meant}?` : `it has ${known}`;
      throw new StrategyInputError(
        where,
        `${strategy}: expected one of its options, got ${JSON.stringify(key)}; ${hint}`,
      );
    }
    const checked = checkedValue(option, value);
    if (checked === undefined)
      throw new StrategyInputError(
        where,
        `${strategy}: option ${key}: expected ${expected(option)}, got ${JSON.stringify(value)}${slip(option, value)}`,
      );
    values[key] = checked;
  }
  return values as Values<Options>;
}

/** The value as the strategy gets it; undefined where it is not one. */
function checkedValue(option: Option, value: unknown): number | boolean | string | undefined {
  switch (option.type) {
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined;
    case 'choice':
      return typeof value === 'string' && option.of.includes(value) ? value : undefined;
    default: {
      const number = option.type === 'duration' ? parseDuration(value as string | number) : value;
      if (typeof number !== 'number' || !Number.isFinite(number)) return undefined;
      if (option.type === 'integer' && !Number.isSafeInteger(number)) return undefined;
      return number >= (option.min ?? lowest(option)) && number <= (option.max ?? Infinity)
        ? number
        : undefined;
    }
  }
}

const lowest = (option: Option) => (option.type === 'duration' ? 0 : Number.NEGATIVE_INFINITY);

function expected(option: Option): string {
  if (option.type === 'boolean') return 'true or false';
  if (option.type === 'choice') return `one of ${option.of.join(', ')}`;
  const unit = option.type === 'duration' ? 'ms' : '';
  const what = {
    number: 'a number',
    integer: 'a whole number',
    duration: 'a duration with its unit, such as 250ms or 10s,',
  }[option.type];
  const from = option.min === undefined ? '' : ` from ${option.min}${unit}`;
  const to = option.max === undefined ? '' : ` to ${option.max}${unit}`;
  return `${what}${from}${to}`.replace(/,$/, '');
}

function slip(option: Option, value: unknown): string {
  if (option.type !== 'choice' || typeof value !== 'string') return '';
  const meant = nearest(value, option.of);
  return meant === undefined ? '' : `; did you mean ${meant}?`;
}
