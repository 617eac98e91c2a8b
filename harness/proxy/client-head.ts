/** The head of a response as the client gets it: the backend's fields, and after them what the balancer has to say itself. */
import { headers } from '../../scenarios/headers.ts';
import { dateLine } from './date-line.ts';
import type { RequestHead } from './request-head.ts';
import type { ResponseBody } from './response-body.ts';
import { framing, type ResponseHead } from './response-head.ts';

/** `stays`: the connection outlives it. `attempts`: made for the request. `more`: lines of its own. */
export function clientHead(
  request: RequestHead,
  response: ResponseHead,
  body: ResponseBody,
  stays: boolean,
  attempts: number,
  more: string,
): string {
  let text = response.forwarded(body.keep, false, request.trailers && body.chunkedOut);
  if (!response.dated) text += dateLine();
  if (body.chunkedOut && body.keep === framing.none) text += 'Transfer-Encoding: chunked\r\n';
  if (!stays) text += 'Connection: close\r\n';
  else if (request.minor === 0) text += 'Connection: keep-alive\r\n';
  if (request.number >= 0) text += `${headers.attempts}: ${attempts}\r\n`;
  if (request.route?.response !== undefined) text += request.route.response.lines;
  return `${text}${more}\r\n`;
}

/** Of a 101, after which both sides speak something else. */
export function upgradeHead(request: RequestHead, response: ResponseHead, attempts: number): string {
  let text = `${response.forwarded(framing.none, true)}Connection: Upgrade\r\n`;
  if (request.number >= 0) text += `${headers.attempts}: ${attempts}\r\n`;
  return `${text}\r\n`;
}
