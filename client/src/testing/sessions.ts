import type { Clock, User } from "../types.js";

/** A user of the fake server. */
export interface FakeUser extends User {
  id: number;
  username: string;
  email: string;
}

/** A session of the fake server. */
export interface FakeSession {
  readonly id: string;
  readonly user: FakeUser;
  csrf: string;
  label: string;
  /** Why it is over; empty while it lives. */
  ended: string;
  /** The refresh tokens, the newest last, and when the newest was first used. */
  readonly tokens: string[];
  confirmedAt: number | null;
}

/** What a refresh or a sign-in hands out. */
export interface FakeGrant {
  session: FakeSession;
  refresh: string;
  access: string;
  lifetime: number;
}

const GRACE_MS = 30_000;
const IDLE_SECONDS = 1_209_600;
const ABSOLUTE_SECONDS = 7_776_000;

/** The users and the sessions of a fake server, with rotation that is confirmed by use, as the real one has it. */
export function createSessions(clock: Clock, settings: { accessLifetime: number }) {
  const users = new Map<string, { user: FakeUser; password: string }>();
  const sessions = new Map<string, FakeSession>();
  const accesses = new Map<string, { session: FakeSession; expiresAt: number }>();
  let counter = 0;

  const grant = (session: FakeSession): FakeGrant => {
    const iat = Math.floor(clock.now() / 1000);
    const exp = iat + settings.accessLifetime;
    const access = jwt({ token_type: "access", iat, exp, jti: `a${++counter}`, user_id: String(session.user.id) });
    accesses.set(access, { session, expiresAt: clock.now() + settings.accessLifetime * 1000 });
    return { session, access, refresh: session.tokens.at(-1) as string, lifetime: settings.accessLifetime };
  };
  const rotate = (session: FakeSession) => {
    session.tokens.push(`r.${session.id}.${session.tokens.length}`);
    session.confirmedAt = null;
  };

  return {
    all: sessions,
    addUser(fields: { username: string; password: string; email?: string }): FakeUser {
      const user = {
        id: users.size + 1,
        username: fields.username,
        email: fields.email ?? `${fields.username}@example.com`,
      };
      users.set(user.username, { user, password: fields.password });
      return user;
    },
    find: (name: string) => [...users.values()].find(({ user }) => user.username === name || user.email === name),
    remove: (user: FakeUser) => void users.delete(user.username),
    open(user: FakeUser): FakeGrant {
      const id = `s${++counter}`;
      const session = { id, user, csrf: `csrf-${id}`, label: "", ended: "", tokens: [], confirmedAt: null };
      sessions.set(id, session);
      rotate(session);
      return grant(session);
    },
    end(reason: string, which: (session: FakeSession) => boolean = () => true): number {
      const ending = [...sessions.values()].filter((session) => !session.ended && which(session));
      for (const session of ending) session.ended = reason;
      return ending.length;
    },
    ofRefresh: (refresh: string | undefined) => sessions.get(refresh?.split(".")[1] ?? ""),
    /** The session of a live access token, or the code of the refusal. Using the token confirms the refresh token that came with it. */
    ofAccess(access: string): FakeSession | string {
      const found = accesses.get(access);
      if (!found) return "token_not_valid";
      if (found.session.ended) return "session_ended";
      if (found.expiresAt <= clock.now()) return "token_expired";
      found.session.confirmedAt ??= clock.now();
      return found.session;
    },
    expireAccess: () => accesses.clear(),
    /** Exchanges a refresh token, or answers the code of the refusal. */
    refresh(refresh: string): FakeGrant | string {
      const session = this.ofRefresh(refresh);
      const place = session?.tokens.indexOf(refresh) ?? -1;
      if (!session || place < 0) return "token_not_valid";
      if (session.ended) return session.ended === "compromised" ? "session_compromised" : "session_ended";
      if (place === session.tokens.length - 1) rotate(session);
      else if (place < session.tokens.length - 2 || clock.now() - (session.confirmedAt ?? Infinity) > GRACE_MS) {
        session.ended = "compromised";
        return "session_compromised";
      }
      return grant(session);
    },
  };
}

/** The session part of an answer. */
export function sessionTimes(session: FakeSession) {
  return { id: session.id, idle_expires_in: IDLE_SECONDS, absolute_expires_in: ABSOLUTE_SECONDS };
}

function jwt(payload: object): string {
  const part = (value: object) => btoa(JSON.stringify(value)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
  return `${part({ alg: "none", typ: "JWT" })}.${part(payload)}.fake`;
}
