import fc from "fast-check";
import { expect, test } from "vitest";
import { createAuth } from "../src/index.js";
import { createFakeBrowser, createFakeClock, createFakeServer, type Fault, settle } from "../src/testing.js";

type Event =
  | { do: "signIn"; name: "alice" | "bob"; right: boolean }
  | {
      do:
        | "signOut"
        | "refresh"
        | "fetch"
        | "freeze"
        | "online"
        | "hide"
        | "show"
        | "endSessions"
        | "expire"
        | "hold"
        | "release";
    }
  | { do: "advance"; ms: number }
  | { do: "fault"; path: string; fault: Fault | null };

const simple = [
  "signOut",
  "refresh",
  "fetch",
  "freeze",
  "online",
  "hide",
  "show",
  "endSessions",
  "expire",
  "hold",
  "release",
] as const;
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("signIn" as const),
      name: fc.constantFrom("alice", "bob"),
      right: fc.boolean(),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom(...simple) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("advance" as const), ms: fc.constantFrom(1, 600, 5_000, 61_000, 400_000) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("fault" as const),
      path: fc.constantFrom("refresh/", "session/", "login/", "logout/", ""),
      fault: fc.constantFrom<(Fault | null)[]>(
        null,
        null,
        "network",
        "lost",
        "hang",
        "html",
        502,
        [429, {}, { "Retry-After": "7" }],
        [409, { code: "refresh_superseded" }],
      ),
    }),
  },
);

/** Two tabs of one browser, what happened to them, and what must never have happened. */
function world() {
  const clock = createFakeClock();
  const server = createFakeServer({ clock });
  const browser = createFakeBrowser();
  server.addUser({ username: "bob", password: "correct horse" });
  const open = new Set<Promise<unknown>>(); // what callers wait for
  const signingIn = new Set<object>();
  const broken: string[] = []; // what listeners throw is caught, so they note it
  const must = (holds: boolean, invariant: string) => holds || broken.push(invariant);
  let outs = 0;
  const track = <T>(promise: Promise<T>): Promise<T | undefined> => {
    const tracked: Promise<T | undefined> = promise.catch(() => undefined).finally(() => open.delete(tracked));
    open.add(tracked);
    return tracked;
  };
  const tabs = [0, 1].map(() => {
    const tab = browser.tab();
    const my = {
      tab,
      inFlight: 0,
      shown: false,
      session: "",
      mayAppear: true,
      auth: undefined as unknown as ReturnType<typeof createAuth>,
    };
    my.auth = createAuth({
      baseUrl: server.url,
      clock,
      environment: tab,
      fetch: (input, init) => {
        if (!String(input).endsWith("refresh/")) return server.fetch(input, init);
        let open = true;
        const close = () => {
          if (open) my.inFlight--;
          open = false;
        };
        my.inFlight++;
        must(my.inFlight === 1, "(a) one refresh call in flight");
        init?.signal?.addEventListener("abort", close);
        return server.fetch(input, init).finally(close);
      },
    });
    my.auth.on("signed-in", () => {
      my.shown = true;
    });
    my.auth.on("signed-out", ({ reason }) => {
      must(my.shown, "(c) signed-out once for each sign-in");
      my.shown = false;
      if (reason === "user") must(outs > 0, "(d) the user signed out");
      else must(server.sessions.get(my.session)?.ended !== "", "(d) the server said so");
    });
    my.auth.subscribe((state) => {
      must(Object.isFrozen(state), "snapshots are frozen");
      if (state.status !== "authenticated") return;
      must(my.mayAppear, "(f) nobody is signed in after a sign-out");
      my.session = state.session?.id ?? "";
    });
    return my;
  });
  return { clock, server, tabs, open, signingIn, track, broken, out: () => outs++ };
}

async function play(events: [Event, 0 | 1][]): Promise<void> {
  const { clock, server, tabs, open, signingIn, track, broken, out } = world();
  const releases: (() => void)[] = [];
  for (const [event, which] of events) {
    const my = tabs[which] as (typeof tabs)[0];
    switch (event.do) {
      case "signIn": {
        const token = { my };
        signingIn.add(token);
        for (const each of tabs) each.mayAppear = true;
        const done = my.auth.signIn({ username: event.name, password: event.right ? "correct horse" : "wrong" });
        void track(done.finally(() => signingIn.delete(token)));
        break;
      }
      case "signOut":
        out();
        // A sign-in that the other tab has begun is of a session that this one knows nothing of.
        for (const each of tabs) each.mayAppear = [...signingIn].some((token) => (token as { my: object }).my !== my);
        void track(my.auth.signOut());
        expect(my.auth.state.status).toBe("anonymous");
        break;
      case "refresh":
        void track(my.auth.refresh({ force: true }));
        break;
      case "fetch":
        void track(my.auth.fetch(`${server.origin}/api/x/`, { signal: AbortSignal.abort() }));
        void track(my.auth.getAccessToken());
        break;
      case "freeze":
      case "online":
        my.tab.fire(event.do);
        break;
      case "hide":
      case "show":
        my.tab.show(event.do === "show");
        break;
      case "endSessions":
        server.end("ended_by_operator");
        break;
      case "expire":
        server.expireAccess();
        break;
      case "hold":
        releases.push(server.hold("refresh/"));
        break;
      case "release":
        for (const release of releases.splice(0)) release();
        break;
      case "advance":
        await clock.advance(event.ms);
        break;
      case "fault":
        server.always(event.path, event.fault);
    }
    await settle(1);
  }
  for (const release of releases) release();
  for (const path of ["refresh/", "session/", "login/", "logout/", ""]) server.always(path, null);
  for (const { tab } of tabs) {
    tab.show(true);
    tab.fire("online");
  }
  await clock.advance(90_000);
  expect(broken).toEqual([]);
  expect(open.size, "(e) every wait has its end").toBe(0);
  for (const { auth } of tabs) {
    expect(auth.state.status, "the walk ends in a state that says something").toMatch(/^(anonymous|authenticated)$/);
    expect(auth.state.refreshing).toBe(false);
    auth.dispose();
  }
  await clock.advance(20_000);
  expect(clock.pending, "no timer is left").toBe(0);
}

test("ten thousand events in two tabs break no invariant", async () => {
  const walk = fc.array(fc.tuple(event, fc.constantFrom<0 | 1>(0, 1)), { minLength: 50, maxLength: 50, size: "max" });
  await fc.assert(fc.asyncProperty(walk, play), { numRuns: 200 });
}, 300_000);
