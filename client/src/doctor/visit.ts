import type { Options } from "../types.js";

/** What {@link explain} looks from and with. Default: this page. */
export interface DoctorOptions {
  location?: { readonly href: string };
  fetch?: typeof fetch;
  /** Whether the browser is one that lets pages lock and share: `isSecureContext`. */
  secureContext?: boolean;
  /** The clock of this device, in milliseconds since 1970. Default Date.now. */
  now?(): number;
}

/** What came back of one request; `error`: nothing that the page may see. */
export interface Reply {
  response?: Response;
  body?: Record<string, unknown> | null;
  error?: string;
}

/** Everything that was asked, and the answers. What is wrong is decided later, by the table of checks. */
export interface Visit {
  app: URL;
  auth: URL; // with the prefix, and a slash at its end
  cookies: boolean; // the refresh token travels in one
  secureContext: boolean;
  now: number; // when the first answer came
  csrf: Reply;
  /** csrf/ without cookies: browsers are less strict there. */
  bare: Reply;
  /** Whether the server answers at all, if not to this page. */
  answers: boolean;
  again: Reply;
  post: Reply;
}

const PATIENCE_MS = 10_000;

/** Asks what a page asks: a CSRF token twice, and a sign-in without a name and a password, which is refused for that only. */
export async function visit(client: Readonly<Options>, options: DoctorOptions): Promise<Visit> {
  const {
    location = globalThis.location,
    now = Date.now,
    secureContext = globalThis.isSecureContext ?? true,
  } = options;
  const send = options.fetch ?? client.fetch ?? globalThis.fetch;
  const auth = new URL(`${client.baseUrl.replace(/\/*$/, "")}/`, location?.href);
  const app = new URL(location?.href ?? auth);
  const ask = async (path: string, init: RequestInit): Promise<Reply> => {
    try {
      const response = await send(new URL(path, auth), {
        cache: "no-store",
        signal: AbortSignal.timeout(PATIENCE_MS),
        ...init,
      });
      return { response, body: await response.json().catch(() => null) };
    } catch (e) {
      return { error: e instanceof Error ? e.message : String(e) };
    }
  };
  const get = (init: RequestInit) => ask("csrf/", init);
  const csrf = await get({ credentials: "include" });
  const seen: Visit = {
    app,
    auth,
    cookies: client.transport !== "header",
    secureContext,
    now: now(),
    csrf,
    bare: {},
    answers: true,
    again: {},
    post: {},
  };
  if (csrf.error !== undefined) {
    seen.bare = await get({ credentials: "omit" });
    // Its public keys are for pages of every origin. A request without CORS would tell nothing: no other origin may embed an answer of the server.
    seen.answers = (await ask("/.well-known/jwks.json", { credentials: "omit" })).response?.ok === true;
    return seen;
  }
  seen.again = await get({ credentials: "include" });
  const headers = { "Content-Type": "application/json", "X-CSRFToken": String(seen.again.body?.token ?? "") };
  seen.post = await ask("login/", { method: "POST", credentials: "include", headers, body: "{}" });
  return seen;
}
