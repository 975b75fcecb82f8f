// A line between browser and server that fails now and then: a small proxy, which breaks off calls
// before they reach the server and after the server has answered, and lets another caller in between,
// so that the endpoint itself refuses some.

import { once } from "node:events";
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Of so many scoring calls one is broken off before the server and one after it. */
const ONE_IN = 60;
/** Of so many, another program's calls come before one. */
const CROWD_EVERY = 15;
/** How many rows each of them has: it holds its permit while the next of the page's calls comes. */
const CROWD_ROWS = 8_000;

export interface Seen {
  /** Scoring calls that came from the page. */
  calls: number;
  /** Those that the server refused. */
  refused: number;
  /** Those that never reached the server. */
  cut: number;
  /** Those whose answer never reached the page. */
  lost: number;
  /** The most of them that were under way at once. */
  most: number;
}

export class FaultyLine {
  /** Whether it fails now. */
  faulty = false;
  readonly seen: Seen = { calls: 0, refused: 0, cut: 0, lost: 0, most: 0 };
  private now = 0;

  private constructor(
    private readonly server: Server,
    /** The port of the server that it leads to. */
    readonly beyond: number,
  ) {}

  /** Opens a line on a free port, to a port that was free a moment ago. */
  static async open(): Promise<FaultyLine> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const line = new FaultyLine(server, await freePort());
    server.on("request", (from, to) => void line.pass(from, to));
    return line;
  }

  /** Where the page finds it. */
  get url(): string {
    return `http://localhost:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }

  private async pass(from: IncomingMessage, to: ServerResponse): Promise<void> {
    const scoring = from.url?.endsWith("/score") === true;
    if (!scoring) return this.forward(from, to, await bodyOf(from));
    this.seen.calls += 1;
    this.now += 1;
    this.seen.most = Math.max(this.seen.most, this.now);
    const number = this.seen.calls;
    to.once("close", () => (this.now -= 1));
    const body = await bodyOf(from);
    if (this.faulty && number % ONE_IN === 7) {
      this.seen.cut += 1;
      to.destroy();
      return;
    }
    // Another program of the same person takes the endpoint's permits for a moment.
    if (this.faulty && number % CROWD_EVERY === 11) await this.crowd(from, body);
    const lose = this.faulty && number % ONE_IN === 37;
    if (lose) this.seen.lost += 1;
    this.forward(from, to, body, lose);
  }

  /** Sends calls of another program; it is over as soon as one of them finds the endpoint full. */
  private crowd(from: IncomingMessage, body: Buffer): Promise<void> {
    const { url: path, method } = from;
    const many = manyRows(body);
    const headers = { ...from.headers, "content-length": `${many.length}` };
    return new Promise((full) => {
      let left = 3;
      const ended = () => {
        left -= 1;
        if (left === 0) full();
      };
      for (let calls = left; calls > 0; calls -= 1) {
        const call = request({ host: "127.0.0.1", port: this.beyond, path, method, headers }, (answer) => {
          if (isRefusal(answer)) full();
          answer.resume();
          answer.once("close", ended);
        });
        call.once("error", ended);
        call.end(many);
      }
    });
  }

  private forward(from: IncomingMessage, to: ServerResponse, body: Buffer, lose = false): void {
    const { url: path, method, headers } = from;
    const call = request({ host: "127.0.0.1", port: this.beyond, path, method, headers }, (answer) => {
      const status = answer.statusCode ?? 502;
      if (path?.endsWith("/score") && isRefusal(answer)) this.seen.refused += 1;
      if (lose) {
        answer.resume();
        answer.once("end", () => to.destroy());
        return;
      }
      to.writeHead(status, answer.headers);
      answer.pipe(to);
    });
    call.once("error", () => to.destroy());
    to.once("close", () => call.destroy());
    call.end(body);
  }
}

/** Whether the endpoint has as many calls as it takes. */
function isRefusal({ statusCode }: IncomingMessage): boolean {
  return statusCode === 503 || statusCode === 429;
}

/** A call's body with its rows again and again. */
function manyRows(body: Buffer): Buffer {
  const { rows, ...rest } = JSON.parse(body.toString()) as { rows: unknown[] };
  const many = Array.from({ length: CROWD_ROWS }, (_, index) => rows[index % rows.length]);
  return Buffer.from(JSON.stringify({ ...rest, rows: many }));
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of message) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}
