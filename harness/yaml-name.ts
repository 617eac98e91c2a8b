/** A name as it stands in YAML that is written line by line: `1`, `true` and `null` are names here, and something else there. */
import { stringify } from 'yaml';

export const yamlName = (name: string): string => stringify(name).trim();
