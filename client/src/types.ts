import type { Environment } from "./environment.js";
import type { AuthError, EndReason, ErrorCode } from "./errors.js";

/** A user, with the fields that the server's settings name. Augment it in your app: `declare module "@cartouche/client" { interface User { … } }`. */
export interface User {
  id: string | number;
  email?: string;
  username?: string;
  first_name?: string;
  last_name?: string;
  [field: string]: unknown;
}

/** The session of this device. Its times count from the answer that told them, so no device needs a right clock. */
export interface Session {
  id: string;
  idle_expires_in: number; // seconds
  absolute_expires_in: number; // seconds
}

/** One of the user's sessions in the list of them, as the server tells it. */
export interface Device extends Session {
  current: boolean;
  label: string;
  method: string;
  device: string;
  user_agent: string;
  address: string;
  place: string;
  created_at: string;
  last_active_at: string;
}

/**
 * Who is signed in, as far as this tab knows. Snapshots are frozen, and the same object until something changes.
 * `stale`: the last refresh failed for a reason that says nothing about the session, such as a dead network; it is tried again.
 */
export type AuthState = Readonly<
  | { status: "unknown"; user: null; session: null; reason: null; stale: boolean; refreshing: boolean }
  | { status: "anonymous"; user: null; session: null; reason: EndReason | null; stale: false; refreshing: false }
  | { status: "authenticating"; user: null; session: null; reason: EndReason | null; stale: false; refreshing: false }
  | { status: "authenticated"; user: User; session: Session | null; reason: null; stale: boolean; refreshing: boolean }
  | { status: "disposed"; user: null; session: null; reason: null; stale: false; refreshing: false }
>;

/** What a handler of each event gets. */
export interface AuthEvents {
  "signed-in": { user: User };
  /** At most once for each sign-in. "user": the app called signOut, in this tab or in another. */
  "signed-out": { reason: EndReason };
  /** Another tab signed in as somebody else: drop what was cached for the last user. */
  "user-changed": { user: User };
  "token-refreshed": { accessToken: string | null };
  /** A refresh failed for a reason that ends no session; `retryInMs` says when it is tried again, null for not by itself. */
  "refresh-failed": { error: AuthError; retryInMs: number | null };
}

export type AuthEvent = keyof AuthEvents;

/** What a person signs in with. Which of username and email counts is the server's setting. */
export interface Credentials {
  username?: string | undefined;
  email?: string | undefined;
  password: string;
  /** Stay signed in after the browser closes. Default false. Profiles without it ignore it. */
  remember?: boolean | undefined;
}

/** What a new account is made of. */
export interface SignUp {
  username?: string | undefined;
  email?: string | undefined;
  password: string;
  [field: string]: unknown;
}

/** Where a mobile app keeps its refresh token: a key-chain, never a plain file. May be slow, and may fail. */
export interface TokenStore {
  get(): Promise<string | null> | string | null;
  set(refreshToken: string): Promise<void> | void;
  clear(): Promise<void> | void;
}

/** The monotonic clock and the timers that the client counts with. */
export interface Clock {
  /** Milliseconds since some moment; never set back. */
  now(): number;
  setTimeout(fn: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** One line for a log. It never holds a token or a password. */
export interface LogEvent {
  level: "debug" | "warn";
  message: string;
  error?: unknown;
}

export interface Options {
  /** Where the auth endpoints live, such as "https://api.example.com/auth". A path alone means this origin. */
  baseUrl: string;
  /** The dialect that the server speaks there. Default "native"; those of Django are in "@cartouche/client/profiles". */
  profile?: "native" | Profile;
  /**
   * How the refresh token travels. "cookie" keeps it out of reach of scripts; "header" is for mobile apps, and for the dialects that know nothing
   * else. Default: the first that the profile can.
   */
  transport?: "cookie" | "header";
  /**
   * Where the refresh token is kept in header transport. Without one it is kept in memory only, so that a reload signs out: a page has no place
   * that scripts of others cannot read too.
   */
  store?: TokenStore;
  /** The origins that `fetch` and axios may send the access token to. Default: that of baseUrl. */
  apiOrigins?: string[];
  /** The word before the token. Default: the profile's. */
  headerPrefix?: "Bearer" | "JWT" | "Token";
  /** When to look for a session: at once ("eager", the default), at once if a hint says that there may be one, or at the first need ("lazy"). */
  boot?: "eager" | "hint" | "lazy";
  /** What tabs of one origin tell each other. Default: everything. `false`: nothing. */
  crossTab?: false | { lock?: boolean; shareToken?: boolean; channel?: string };
  /** When to refresh ahead of time: at a share of the token's life, but at least and at most so long before its end. Default [0.8, 10 000, 60 000], jitter 0.1. */
  refresh?: { lead?: [ratio: number, minMs: number, maxMs: number]; jitter?: number };
  /** Default 10 000 and 3 000. */
  timeouts?: { requestMs?: number; lockMs?: number };
  /** Whether an answer says that the access token is bad. Default: 401 with a challenge or a code that says so. */
  shouldRefresh?(response: Response): boolean | Promise<boolean>;
  fetch?: typeof fetch;
  clock?: Clock;
  /** What there is of a browser. Default: globalThis. Tests bring a fake one. */
  environment?: Environment;
  logger?(event: LogEvent): void;
}

/** How `fetch` treats a request. */
export interface FetchOptions extends RequestInit {
  /** "auto" (default) sends the token where it may go; "required" rejects with "no_session" without one; "none" sends nothing. */
  auth?: "auto" | "required" | "none";
  /** Makes a streamed body again, so that the request can be repeated after a refresh. */
  replay?: () => BodyInit;
}

/** The client. Its functions need no `this`, and stay the same objects for its life. */
export interface Auth {
  readonly options: Readonly<Options>;
  readonly state: AuthState;
  /** The state as soon as it is not "unknown"; while the network is down at start, that may take long. */
  ready(): Promise<AuthState>;
  subscribe(fn: (state: AuthState) => void): () => void;
  on<E extends AuthEvent>(event: E, fn: (detail: AuthEvents[E]) => void): () => void;
  signIn(credentials: Credentials): Promise<AuthState>;
  /** Makes an account. It signs nobody in: where accounts are activated by mail, nobody could be. */
  signUp(fields: SignUp): Promise<User>;
  /** Signs this device out; or the others; or all. This tab is signed out at once, whatever the network does; the server is told when it can be. */
  signOut(options?: { scope?: "this" | "others" | "everywhere" }): Promise<void>;
  /** A token that lives at least `minTtlMs` (default 5 000) longer, refreshed if need be; null when nobody is signed in or the token lives in a cookie. */
  getAccessToken(options?: { minTtlMs?: number; signal?: AbortSignal }): Promise<string | null>;
  refresh(options?: { force?: boolean }): Promise<AuthState>;
  /** `fetch` with the access token, and one repetition after a refresh where the server says that the token was bad. */
  fetch(input: RequestInfo | URL, init?: FetchOptions): Promise<Response>;
  /** Whether the access token may be sent to this URL (see Options.apiOrigins). */
  mayCarryToken(url: string | URL): boolean;
  /** Tells a client whose request was refused with this token to get another one: what adapters of other HTTP libraries are made of. */
  refreshAfter(refusedToken: string | null): Promise<string | null>;
  readonly user: {
    get(): Promise<User>;
    update(fields: Partial<User>): Promise<User>;
    /** Deletes the account for good. */
    remove(currentPassword: string): Promise<void>;
  };
  readonly password: {
    change(input: { current: string; next: string }): Promise<void>;
    requestReset(email: string): Promise<void>;
    confirmReset(input: { uid: string; token: string; next: string }): Promise<void>;
  };
  readonly email: {
    /** Activates the account that a mail was sent for. */
    verify(input: { uid: string; token: string }): Promise<void>;
    resend(email: string): Promise<void>;
    change(input: { currentPassword: string; email: string }): Promise<void>;
  };
  readonly sessions: {
    list(): Promise<Device[]>;
    rename(id: string, label: string): Promise<void>;
    revoke(id: string): Promise<void>;
    revokeOthers(): Promise<void>;
  };
  readonly csrf: { token(): Promise<string> };
  /**
   * Stops every timer, because the app is in the background; requests go on to work. Pages need it not: they are told when they are hidden.
   */
  suspend(): void;
  /** Says that the app is in front again, or that the network is back: what is due is done at once. Pages need it not. */
  resume(): void;
  /** Ends timers, listeners and the channel. The session goes on. */
  dispose(): void;
}

/** Where an operation of a profile is: the method and the path below baseUrl. */
export type Endpoint = `${"GET" | "POST" | "PUT" | "PATCH" | "DELETE"} ${string}`;

/** The operations of a dialect, by what they do. One that is missing rejects with "unsupported". */
export interface Endpoints {
  csrf?: Endpoint;
  session?: Endpoint;
  signIn?: Endpoint;
  refresh?: Endpoint;
  signOut?: Endpoint;
  signUp?: Endpoint;
  me?: Endpoint;
  updateMe?: Endpoint;
  removeMe?: Endpoint;
  changePassword?: Endpoint;
  requestReset?: Endpoint;
  confirmReset?: Endpoint;
  verifyEmail?: Endpoint;
  resendEmail?: Endpoint;
  changeEmail?: Endpoint;
  sessions?: Endpoint;
  renameSession?: Endpoint; // "{id}" in the path is the id
  revokeSession?: Endpoint;
  revokeOthers?: Endpoint;
  revokeAll?: Endpoint;
}

/**
 * The dialect of a server, as data: paths below baseUrl, the words of requests and answers, the header and the CSRF names.
 * Start from one of those there are: `{ ...djoser, headerPrefix: "Bearer" }`.
 */
export interface Profile {
  name: string;
  headerPrefix: "Bearer" | "JWT" | "Token";
  /** The carriers that the dialect can refresh with; the first is the default. */
  transports: readonly ("cookie" | "header")[];
  /** The Accept header of requests. */
  accept: string;
  csrfHeader: string;
  /** The cookie to read the CSRF token from, where no endpoint tells it. */
  csrfCookie?: string;
  endpoints: Endpoints;
  /** What is elsewhere when the refresh token travels in bodies. */
  headerEndpoints?: Partial<Endpoints>;
  /** Their names for our fields `current`, `next`, `chosen` (the password of a new account) and `address`; a value goes under every name. */
  fields: Readonly<Record<string, readonly string[]>>;
  /** What their codes and sentences mean. The codes session_expired, session_revoked and no_session end the session when a refresh meets them. */
  words: Readonly<Record<string, ErrorCode>>;
}
