/** How the body of a response is framed on both sides of the proxy (RFC 9112 §6.3), and where it ends. */
import { BodyDecoder, bodyMode } from './body.ts';
import type { RequestHead } from './request-head.ts';
import { framing, type ResponseHead } from './response-head.ts';

export class ResponseBody extends BodyDecoder {
  /** It goes to the client in chunks. */
  chunkedOut = false;
  /** The client can tell where it ends while its connection stays open. */
  delimited = true;
  /** The backend's connection can be used again once it has ended. */
  reusable = false;
  /** Which of the backend's own framing fields goes on to the client. */
  keep: (typeof framing)[keyof typeof framing] = framing.none;

  /** A response to that request has begun. */
  respond({ method, minor }: RequestHead, { status, contentLength, chunked, keepAlive }: ResponseHead): void {
    const modern = minor === 1;
    this.chunkedOut = false;
    this.delimited = true;
    this.reusable = keepAlive;
    this.keep = framing.none;
    if (method === 'HEAD' || status === 204 || status === 304) {
      this.begin(bodyMode.none, 0);
      if (status !== 204 && contentLength >= 0) this.keep = framing.contentLength;
      // Framing that a body-less status may not have: whether bytes follow is anybody's guess.
      if (method !== 'HEAD' && (chunked || (status === 204 && contentLength > 0))) this.reusable = false;
      if (method === 'HEAD' && chunked && modern) this.keep = framing.transferEncoding;
    } else if (contentLength >= 0) {
      this.begin(bodyMode.length, contentLength);
      this.keep = framing.contentLength;
    } else {
      this.begin(chunked ? bodyMode.chunked : bodyMode.untilClose, 0);
      if (!chunked) this.reusable = false;
      if (chunked && modern) this.keep = framing.transferEncoding;
      this.chunkedOut = modern;
      this.delimited = modern;
    }
  }
}
