import { onTestFinished } from "vitest";
import { type Auth, type AuthEvent, createAuth, type Options } from "../src/index.js";
import {
  createFakeBrowser,
  createFakeClock,
  createFakeServer,
  type FakeServerOptions,
  type FakeTab,
  settle,
} from "../src/testing.js";

export const alice = { username: "alice", password: "correct horse" };

/** A clock, a server and a browser, and what makes clients for them. */
export function setup(server: Partial<FakeServerOptions> = {}) {
  const clock = createFakeClock();
  const fake = createFakeServer({ clock, ...server });
  const browser = createFakeBrowser();
  const client = (options: Partial<Options> = {}, tab: FakeTab = browser.tab()) => {
    const auth = createAuth({ baseUrl: fake.url, fetch: fake.fetch, clock, environment: tab, ...options });
    onTestFinished(() => auth.dispose());
    return { auth, tab, events: record(auth) };
  };
  return {
    clock,
    server: fake,
    browser,
    client,
    /** A client that is signed in as alice. */
    async signedIn(options: Partial<Options> = {}, tab?: FakeTab) {
      const made = client(options, tab);
      await settle();
      await made.auth.signIn(alice);
      made.events.length = 0;
      fake.calls.length = 0;
      return made;
    },
  };
}

/** The events of a client, as they come: their names, and the reason of a sign-out. */
export function record(auth: Auth): string[] {
  const events: string[] = [];
  const names: AuthEvent[] = ["signed-in", "signed-out", "user-changed", "token-refreshed", "refresh-failed"];
  for (const name of names) {
    auth.on(name, (detail) => events.push("reason" in detail ? `${name}: ${detail.reason}` : name));
  }
  return events;
}
