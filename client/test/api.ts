import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface Seen {
  method: string;
  url: string;
  authorization: string | undefined;
  headers: IncomingMessage["headers"];
  body: string;
}

export type Reply = (response: ServerResponse, seen: Seen) => void;

export const refuse: Reply = (response) =>
  response
    .writeHead(401, { "Content-Type": "application/json", "WWW-Authenticate": 'Bearer error="invalid_token"' })
    .end('{"detail":"Given token not valid for any token type","code":"token_not_valid"}');
export const say =
  (status: number, body: unknown, headers: Record<string, string> = {}): Reply =>
  (response) =>
    response.writeHead(status, { "Content-Type": "application/json", ...headers }).end(JSON.stringify(body));
export const welcome: Reply = (response, { method, body }) => say(200, { method, body })(response, {} as Seen);

/** An HTTP server that answers its calls one after the other as it is told, and after that with what it got. */
export async function listen(...replies: Reply[]) {
  const calls: Seen[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { method = "", url = "", headers } = request;
    const seen = {
      method,
      url,
      headers,
      authorization: headers.authorization,
      body: Buffer.concat(parts).toString("latin1"),
    };
    calls.push(seen);
    (replies.shift() ?? welcome)(response, seen);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { calls, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
