/** The scenario schema as JSON Schema (draft 2020-12), for editors: what may be written, not what it becomes once read. */
import { z } from 'zod';
import { scenarioSchema } from './scenario.ts';

/** A plain object, ready to be written to a file that a scenario names in `# yaml-language-server: $schema=`. */
export function scenarioJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(scenarioSchema, { io: 'input' });
  return {
    $schema,
    title: 'Steelyard scenario',
    description:
      'A fleet, a load, contenders and faults: everything a run of Steelyard is determined by, beside its seed.',
    ...schema,
  };
}
