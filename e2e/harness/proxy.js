// @ts-check
import http from "node:http";
import https from "node:https";

/**
 * What the proxy does to a request. "drop": the server works and commits, and nobody hears its answer. "hang": nothing ever comes. "portal": the page of a
 * captive portal. "redirect": to one. A number: that status with a page, as proxies have it. A promise: the answer, which the server has given, waits for it.
 * @typedef {"drop" | "hang" | "portal" | "redirect" | number | Promise<void>} Fault
 * @typedef {{ method: string, path: string, headers: http.IncomingHttpHeaders, status: number }} Call
 * @typedef {{ path: string, fault: Fault, left: number }} Plan
 */

/** A proxy in front of the server that does what networks do, and counts. */
export class FaultyProxy {
  /** @type {Call[]} */
  calls = [];
  target = "";
  /** Where the pages below /app/ are, for front ends that the same host serves. */
  pages = "";
  /** What is below /api/: a service of the site's own. It answers, and tells the status.
   * @type {((request: http.IncomingMessage, response: http.ServerResponse) => Promise<number>) | undefined} */
  api;
  origin = "";
  /** @type {Plan[]} */
  #plans = [];
  /** @type {{ call: () => boolean, resolve: () => void }[]} */
  #waiting = [];
  /** @type {http.Server} */
  #server;

  /** @param {{ key: string, cert: string } | null} tls */
  constructor(tls) {
    const serve = this.#serve.bind(this);
    this.#server = tls ? https.createServer(tls, serve) : http.createServer(serve);
  }

  /** @param {string} host the name in its origin */
  async open(host) {
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", () => resolve(undefined)));
    const { port } = /** @type {import("node:net").AddressInfo} */ (this.#server.address());
    this.origin = `${this.#server instanceof https.Server ? "https" : "http"}://${host}:${port}`;
  }

  async close() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Does this to the next requests of a path, preflights apart. @param {string} path @param {Fault} fault @param {number} times */
  fail(path, fault, times = Number.POSITIVE_INFINITY) {
    this.#plans.push({ path, fault, left: times });
  }

  /** Passes everything on again. */
  heal() {
    this.#plans = [];
  }

  /** How many requests of a path were answered or lost so far, preflights apart. @param {string} path @param {string} [method] */
  count(path, method) {
    return this.calls.filter((call) => call.path === path && (!method || call.method === method)).length;
  }

  /** Resolves as soon as there were so many requests of a path. @param {string} path @param {number} times @returns {Promise<void>} */
  reached(path, times) {
    const enough = () => this.count(path) >= times;
    if (enough()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ call: enough, resolve }));
  }

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
  async #serve(request, response) {
    const call = {
      method: request.method ?? "",
      path: (request.url ?? "").split("?")[0] ?? "",
      headers: request.headers,
      status: 0,
    };
    const plan = call.method === "OPTIONS" ? undefined : this.#plans.find((p) => p.path === call.path && p.left > 0);
    if (plan) plan.left--;
    if (this.api && call.path.startsWith("/api/")) return this.#note(call, await this.api(request, response));
    const passes = !plan || plan.fault === "drop" || plan.fault instanceof Promise;
    if (!passes) return this.#refuse(call, request, response, plan.fault);
    this.#pass(call, request, response, plan?.fault);
  }

  /** @param {Call} call @param {http.IncomingMessage} request @param {http.ServerResponse} response @param {Fault} fault */
  #refuse(call, request, response, fault) {
    request.resume();
    if (fault === "hang") return this.#note(call, 0);
    const page = "<!doctype html><title>Welcome to the train</title><p>Please accept our terms.</p>";
    const status = fault === "portal" ? 200 : fault === "redirect" ? 302 : Number(fault);
    response.writeHead(status, {
      "Content-Type": "text/html",
      ...(fault === "redirect" ? { Location: "/portal" } : {}),
    });
    response.end(page, () => this.#note(call, status));
  }

  /** @param {Call} call @param {http.IncomingMessage} request @param {http.ServerResponse} response @param {Fault} [fault] */
  #pass(call, request, response, fault) {
    const options = { method: request.method, headers: request.rawHeaders, setHost: false };
    const onward = http.request(this.#where(request.url ?? "/"), /** @type {any} */ (options), async (answer) => {
      if (fault === "drop") {
        answer.resume().once("end", () => {
          request.socket.destroy();
          this.#note(call, 0);
        });
        return;
      }
      await fault;
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(response).once("finish", () => this.#note(call, answer.statusCode ?? 0));
    });
    onward.once("error", () => response.destroy());
    response.once("close", () => onward.destroy());
    request.pipe(onward);
  }

  /** @param {string} url */
  #where(url) {
    const page = this.pages && url.startsWith("/app/");
    return page ? new URL(url.slice("/app".length), this.pages) : new URL(url, this.target);
  }

  /** @param {Call} call @param {number} status */
  #note(call, status) {
    if (call.method === "OPTIONS") return;
    this.calls.push({ ...call, status });
    this.#waiting = this.#waiting.filter(({ call: enough, resolve }) => {
      if (!enough()) return true;
      resolve();
      return false;
    });
  }
}
