/** Events, one JSON object a line: appended as things happen, so that a killed run keeps what was known by then. */
import { appendFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Event } from './recording.ts';

/** Synchronous: events are few, and the last ones before an end are those that explain it. */
export function appendEvents(file: string, events: readonly Event[]): void {
  appendFileSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
}

/** In the order they were written; a torn last line of an interrupted run is left out. */
export async function readEventFile(file: string): Promise<Event[]> {
  const text = await readFile(file, 'utf8');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Event);
}
