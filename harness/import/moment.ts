/** Times as logs write them, to ms of the epoch. Lines beside each other mostly bear the same second, which is read once. */

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const ncsa =
  /^(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,6}))?(?: ([+-])(\d{2})(\d{2}))?$/;

let lastText = '';
let lastTime: number | undefined;

/** `10/Oct/2000:13:55:36 -0700`, or HAProxy's `06/Feb/2009:12:14:14.655`, which has no zone and is taken for UTC. */
export function ncsaTime(text: string): number | undefined {
  if (text === lastText) return lastTime;
  const match = ncsa.exec(text);
  const month = match === null ? -1 : months.indexOf(match[2]!);
  let time: number | undefined;
  if (match !== null && month >= 0) {
    const [, day, , year, hour, minute, second, fraction = '0', sign, hours = '0', minutes = '0'] = match;
    const offset = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1);
    const date = Date.UTC(Number(year), month, Number(day), Number(hour), Number(minute), Number(second));
    time = date + 1000 * Number(`0.${fraction}`) - offset;
  }
  lastText = text;
  lastTime = time;
  return time;
}

/** ISO 8601 with its zone. */
export function isoTime(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}/.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isFinite(time) ? time : undefined;
}

/** Seconds, as `1.234`, in ms; undefined for `-` and whatever else is no number. */
export function secondsToMs(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,12}(?:\.\d{1,9})?$/.test(text) ? 1000 * Number(text) : undefined;
}

/** A count; undefined for `-` and whatever else is none. */
export function countOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
