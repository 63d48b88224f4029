import { isLoopback } from "../loopback.js";
import type { Reply, Visit } from "./visit.js";

/** One thing that can be wrong: what it is called, what to say, and how it is seen. */
export interface Check {
  id: string;
  text: string; // {app}, {auth}, {prefix} and {detail} are filled in
  advice?: true; // it works all the same
  last?: true; // nothing that comes after would say more
  found(visit: Visit): string | null; // the detail; null: all is well
}

const MAX_SKEW_MS = 60_000;

const when = (wrong: boolean, detail = "") => (wrong ? detail : null);
const sameOrigin = ({ app, auth }: Visit) => app.origin === auth.origin;
const loopback = (url: URL) => isLoopback(url.hostname);

/** Everything that the doctor knows, the gravest first. The words are those of `cartouche doctor` where it sees the same. */
export const checks: readonly Check[] = [
  {
    id: "mixed_content",
    last: true,
    text: "Pages of {app} come over https, and browsers refuse to call {auth} from them because it is http: serve it over https and set `public_url` to that.",
    found: ({ app, auth }) => when(app.protocol === "https:" && auth.protocol === "http:" && !loopback(auth)),
  },
  {
    id: "origin_not_allowed",
    last: true,
    text: "Pages of {app} may not read the server's answers: add {app} to `allowed_origins`.",
    found: (v) => when(v.csrf.error !== undefined && v.answers && v.bare.error !== undefined),
  },
  {
    id: "cors_twice",
    last: true,
    text: "Access-Control-Allow-Origin says {detail} and not just {app}, which browsers refuse: let only the server set Access-Control headers, not the proxy.",
    found: (v) => when(v.csrf.error !== undefined && v.bare.response !== undefined, "*"),
  },
  {
    id: "unreachable",
    last: true,
    text: "{auth} does not answer ({detail}): start the server, and let the proxy forward to its `listen`.",
    found: (v) => when(v.csrf.error !== undefined, v.csrf.error) ?? proxyAlone(v.csrf),
  },
  {
    id: "moved",
    last: true,
    text: "{auth} sends browsers on to {detail}: use that address in the front end and in `public_url`, and ask the doctor about it.",
    found: (v) => {
      const to = v.csrf.response?.redirected ? new URL(v.csrf.response.url).origin : v.auth.origin;
      return when(to !== v.auth.origin, to);
    },
  },
  {
    id: "redirect",
    last: true,
    text: "The proxy answers {detail} with a redirect, which loses the body of a POST and is refused in a preflight: let it forward every path as it is, with and without a trailing slash.",
    found: (v) => when(v.csrf.response?.redirected === true, `GET ${v.auth.pathname}csrf/`),
  },
  {
    id: "not_cartouche",
    last: true,
    text: "{auth}{prefix}csrf/ is not answered by Cartouche ({detail}): let the proxy forward {prefix} unchanged, or give the client the right `baseUrl`.",
    found: ({ csrf: { response, body } }) => {
      const type = response?.headers.get("Content-Type") ?? "";
      return when(response?.status !== 200 || typeof body?.token !== "string", `${response?.status}, "${type}"`);
    },
  },
  {
    id: "plain_http",
    text: "{auth} is plain http on a network, where passwords and tokens can be read on their way: end TLS in a proxy and set `public_url` to the https address.",
    found: ({ auth }) => when(auth.protocol === "http:" && !loopback(auth)),
  },
  {
    id: "loopback_names",
    text: "{app} and {auth} are different sites for browsers, because localhost and 127.0.0.1 are different names, so cookies are kept back: use one of the two for both.",
    found: (v) => when(cookiesKeptBack(v) && loopbackNames(v)),
  },
  {
    id: "schemes",
    text: "{app} and {auth} are different sites for browsers, because one is http and the other https, so cookies are kept back: use the same for both.",
    found: (v) => when(cookiesKeptBack(v) && otherSchemes(v)),
  },
  {
    id: "cookie_secure_over_http",
    text: "The cookie {detail} is Secure and comes over http, where browsers drop it: call the server at the https address of its `public_url`.",
    found: (v) =>
      when(cookiesKeptBack(v) && !loopbackNames(v) && !otherSchemes(v) && v.auth.protocol === "http:", "__Host-csrf"),
  },
  {
    id: "cross_site",
    text: "{app} and {auth} are different sites, so browsers keep the cookies back: serve both below one domain, or set `cross_site` and lose the browsers that block such cookies.",
    found: (v) => when(cookiesKeptBack(v) && v.auth.protocol === "https:" && !otherSchemes(v) && !maybeSameSite(v)),
  },
  {
    id: "cookies_blocked",
    text: "The browser does not send the cookies of {auth} back, although both addresses look like one site: allow cookies in its settings, and let `cartouche doctor` look at them.",
    found: (v) => when(cookiesKeptBack(v) && v.auth.protocol === "https:" && !otherSchemes(v) && maybeSameSite(v)),
  },
  {
    id: "preflight",
    text: "A browser's preflight of a POST from {app} fails ({detail}), although the origin is allowed: let the proxy forward OPTIONS to the server.",
    found: (v) => when(v.post.error !== undefined, v.post.error),
  },
  {
    id: "origin_refused",
    text: "The server refuses a POST from {app} ({detail}): let the proxy pass the headers Origin, Referer, Cookie, X-CSRFToken and Sec-Fetch-Site unchanged.",
    found: (v) => when(v.post.response?.status === 403 && !cookiesKeptBack(v), String(v.post.body?.detail ?? "403")),
  },
  {
    id: "cors_lost",
    text: "The preflight allows {app}, but answers come without {detail}: let the proxy pass Access-Control headers unchanged.",
    found: (v) =>
      when(!sameOrigin(v) && v.csrf.response?.headers.get("X-Request-Id") === null, "Access-Control-Expose-Headers"),
  },
  {
    id: "clock",
    advice: true, // the client counts with no clock that can be wrong
    text: "The clocks of {auth} and of this machine are {detail} apart, so tokens look too old or too new: let both follow a time server.",
    found: (v) => {
      const skew = Math.abs(v.now - Date.parse(v.csrf.response?.headers.get("Date") ?? ""));
      return when(skew > MAX_SKEW_MS, `${Math.round(skew / 1000)}s`);
    },
  },
  {
    id: "insecure_context",
    advice: true,
    text: "Pages of {app} are plain http on a network, where browsers offer no locks and no secure cookies: serve them over https, or from localhost.",
    found: (v) => when(!v.secureContext),
  },
];

function proxyAlone({ response }: Reply): string | null {
  return when(response?.status === 502 || response?.status === 504, `its proxy says ${response?.status}`);
}

/** The server keeps the secret that its cookie brings, and makes another one where none comes: two tokens of one secret mean that cookies go both ways. */
function cookiesKeptBack({ cookies, csrf, again }: Visit): boolean {
  const [first, second] = [secretOf(csrf), secretOf(again)];
  return cookies && first !== null && second !== null && first !== second;
}

const ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const SECRET = 32;

/** The secret of a CSRF token: a mask, and the secret shifted by it, as Django does it. */
function secretOf({ body }: Reply): string | null {
  const token = String(body?.token ?? "");
  if (!/^[A-Za-z0-9]{64}$/.test(token)) return null;
  const place = (i: number) => ALPHABET.indexOf(token.charAt(i));
  return Array.from(
    { length: SECRET },
    (_, i) => ALPHABET[(place(SECRET + i) - place(i) + ALPHABET.length) % ALPHABET.length],
  ).join("");
}

const loopbackNames = ({ app, auth }: Visit) => loopback(app) && loopback(auth) && app.hostname !== auth.hostname;
const otherSchemes = ({ app, auth }: Visit) => app.protocol !== auth.protocol;

/** Whether two hosts can be of one site: browsers know a list of names below which strangers register, which is too long for here. */
function maybeSameSite({ app, auth }: Visit): boolean {
  const end = (host: string) => host.split(".").slice(-2).join(".");
  return end(app.hostname) === end(auth.hostname);
}
