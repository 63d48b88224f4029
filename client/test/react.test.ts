// @vitest-environment happy-dom
import { act, createElement as h, type ReactNode, StrictMode, useState } from "react";
import { createRoot, hydrateRoot, type Root } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Auth, type AuthState, createAuth, type User } from "../src/index.js";
import {
  AuthProvider,
  RequireAuth,
  RequireRole,
  SignedIn,
  SignedOut,
  type UseSessions,
  useAuth,
  useAuthFetch,
  useSession,
  useSessions,
  useUser,
} from "../src/react.js";
import { createFakeBrowser, createFakeClock, createFakeServer } from "../src/testing.js";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

const alice = { username: "alice", password: "correct horse" };
const seen: AuthState = Object.freeze({
  status: "authenticated",
  user: { id: 7, username: "from the server" },
  session: null,
  reason: null,
  stale: false,
  refreshing: false,
});

function setUp() {
  const clock = createFakeClock();
  const server = createFakeServer({ clock });
  const browser = createFakeBrowser();
  const auth = createAuth({ baseUrl: server.url, fetch: server.fetch, clock, environment: browser.tab() });
  onTestFinished(() => auth.dispose());
  return { auth, server, browser, clock };
}

/** Shows something in a page, as an app does, in Strict Mode. */
async function show(auth: Auth, ...children: ReactNode[]) {
  const page = document.createElement("div");
  let root: Root;
  await act(async () => {
    root = createRoot(page);
    root.render(h(StrictMode, null, h(AuthProvider, { client: auth }, ...children)));
  });
  onTestFinished(() => act(async () => root.unmount()));
  return { text: () => page.textContent, page, unmount: () => act(async () => root.unmount()) };
}

function Name() {
  const { status, user } = useAuth();
  return `${status} ${user?.username ?? ""}`.trim();
}

let results: ReturnType<typeof useAuth>[] = [];
let fetches: unknown[] = [];

function Look() {
  results.push(useAuth());
  fetches.push(useAuthFetch());
  const [, again] = useState(0);
  return h("button", { type: "button", onClick: () => again((n) => n + 1) });
}

function Names() {
  return `${useUser()?.username} ${useSession()?.id}`;
}

function Draft() {
  const [draft, setDraft] = useState("");
  return h("button", { type: "button", onClick: () => setDraft("my secret") }, draft);
}

let latest: UseSessions;

function List() {
  latest = useSessions();
  if (latest.error) return latest.error.code;
  return latest.sessions?.map((s) => `${s.label}${s.current ? "*" : ""}`).join(",") ?? "none";
}

test("a page shows who is signed in, from the start to the end", async () => {
  const { auth, server } = setUp();
  const { text } = await show(auth, h(Name));
  expect(text()).toBe("anonymous");
  const release = server.hold("login/");
  let signingIn: Promise<unknown> = Promise.resolve();
  await act(async () => {
    signingIn = auth.signIn(alice);
  });
  expect(text()).toBe("authenticating");
  await act(async () => {
    release();
    await signingIn;
  });
  expect(text()).toBe("authenticated alice");
  await act(() => auth.signOut());
  expect(text()).toBe("anonymous");
});

test("Strict Mode asks the server once", async () => {
  const { auth, server } = setUp();
  await show(auth, h(Name), h(Name));
  expect(server.calls.map((call) => call.path)).toEqual(["session/"]);
});

test("the functions stay the same, and the whole only while nothing changes", async () => {
  const { auth } = setUp();
  results = [];
  fetches = [];
  const { page } = await show(auth, h(Look));
  const last = results.at(-1);
  await act(async () => page.querySelector("button")?.click());
  expect(results.at(-1)).toBe(last);
  await act(() => auth.signIn(alice));
  expect(results.at(-1)).not.toBe(last);
  expect(results.at(-1)?.signIn).toBe(last?.signIn);
  expect(results.at(-1)?.client).toBe(auth);
  expect(new Set(fetches)).toEqual(new Set([auth.fetch]));
});

test("a page that is gone leaves no listener, and the client goes on", async () => {
  const { auth } = setUp();
  let listeners = 0;
  const counted: Auth = Object.create(auth, {
    subscribe: {
      value: (fn: (state: AuthState) => void) => {
        listeners++;
        const stop = auth.subscribe(fn);
        return () => {
          listeners--;
          stop();
        };
      },
    },
  });
  const { unmount } = await show(counted, h(Name), h(RequireAuth, null, h(Name)));
  expect(listeners).toBeGreaterThan(0);
  await unmount();
  expect(listeners).toBe(0);
  expect((await auth.signIn(alice)).status).toBe("authenticated");
});

test("useUser and useSession tell the user and the session of this device", async () => {
  const { auth } = setUp();
  const { text } = await show(auth, h(Names));
  expect(text()).toBe("undefined undefined");
  await act(() => auth.signIn(alice));
  expect(text()).toBe(`alice ${auth.state.session?.id}`);
});

test("without a provider the error says what is missing", () => {
  expect(() => renderToString(h(Name))).toThrow("There is no <AuthProvider client={…}> above this component.");
});

describe("on a server", () => {
  test("nobody is known, whatever the client of this process knows", async () => {
    const { auth } = setUp();
    await auth.signIn(alice);
    const html = renderToString(
      h(
        AuthProvider,
        { client: auth },
        h(Name),
        h(RequireAuth, { fallback: "form" }, "secret"),
        h(SignedOut, null, "out"),
      ),
    );
    expect(html).toBe("unknown");
  });

  test("what createServerClient found is rendered, taken over without a mismatch, and then replaced by what the page finds", async () => {
    const { auth, server } = setUp();
    const app = (client: Auth) => h(AuthProvider, { client, initial: seen }, h(Name));
    const page = document.createElement("div");
    page.innerHTML = renderToString(app(auth));
    expect(page.textContent).toBe("authenticated from the server");
    const release = server.hold("session/");
    const errors: unknown[] = [];
    await act(async () => {
      const root = hydrateRoot(page, app(auth), { onRecoverableError: (e) => errors.push(e) });
      onTestFinished(() => act(async () => root.unmount()));
    });
    expect([page.textContent, errors]).toEqual(["authenticated from the server", []]);
    await act(async () => {
      release();
      await auth.ready();
    });
    expect(page.textContent).toBe("anonymous");
  });
});

describe("RequireAuth", () => {
  test("shows nothing while nobody knows, so that no form flashes", async () => {
    const { auth, server } = setUp();
    const release = server.hold("session/");
    const { text } = await show(
      auth,
      h(RequireAuth, { fallback: "form" }, "secret"),
      h(SignedIn, null, "in"),
      h(SignedOut, null, "out"),
      h(RequireAuth, { pending: "wait" }),
    );
    expect(text()).toBe("wait");
    await act(async () => {
      release();
      await auth.ready();
    });
    expect(text()).toBe("formout");
    await act(() => auth.signIn(alice));
    expect(text()).toBe("secretin");
  });

  test("keeps the form in place while the sign-in is on its way", async () => {
    const { auth, server } = setUp();
    const { page } = await show(auth, h(RequireAuth, { fallback: h("input") }, "secret"));
    const input = page.querySelector("input") as HTMLInputElement;
    input.value = "typed";
    server.next("login/", 503);
    await act(() => auth.signIn(alice).catch(() => {}));
    expect(page.querySelector("input")).toBe(input);
  });

  test("attack: what one user had on the screen is not there for the next", async () => {
    const { auth, server, browser } = setUp();
    server.addUser({ username: "bob", password: "battery staple" });
    const { page } = await show(auth, h(RequireAuth, null, h(Draft)));
    await act(() => auth.signIn(alice));
    await act(async () => page.querySelector("button")?.click());
    expect(page.textContent).toBe("my secret");
    const other = createAuth({
      baseUrl: server.url,
      fetch: server.fetch,
      clock: auth.options.clock as NonNullable<Auth["options"]["clock"]>,
      environment: browser.tab(),
    });
    onTestFinished(() => other.dispose());
    await act(async () => {
      const changed = new Promise((resolve) => auth.on("user-changed", resolve));
      await other.signIn({ username: "bob", password: "battery staple" });
      await changed;
    });
    expect(auth.state.user?.username).toBe("bob");
    expect(page.textContent).toBe("");
  });

  test("stays while a refresh fails: an outage is no sign-out", async () => {
    const { auth, server } = setUp();
    const { text } = await show(auth, h(RequireAuth, { fallback: "form" }, "secret"));
    await act(() => auth.signIn(alice));
    server.always("refresh/", 503);
    await act(() =>
      auth.refresh({ force: true }).then(
        () => {},
        () => {},
      ),
    );
    expect([auth.state.stale, text()]).toEqual([true, "secret"]);
  });
});

test("RequireRole shows its children to whom the rule allows", async () => {
  const { auth } = setUp();
  const gate = (name: string, allow: (user: User) => boolean) =>
    h(RequireRole, { allow, fallback: `no ${name};` }, `${name};`);
  const { text } = await show(
    auth,
    gate("alice", (user) => user.username === "alice"),
    gate("staff", (user) => user.is_staff === true),
  );
  expect(text()).toBe("no alice;no staff;");
  await act(() => auth.signIn(alice));
  expect(text()).toBe("alice;no staff;");
});

describe("useSessions", () => {
  test("reads the list when somebody signs in, again after a change, and forgets it at the end", async () => {
    const { auth, server } = setUp();
    const { text } = await show(auth, h(List));
    expect([text(), server.count("sessions/")]).toEqual(["none", 0]);
    await act(() => auth.signIn(alice));
    expect(text()).toMatch(/^[^,]*\*$/);
    const id = auth.state.session?.id as string;
    await act(() => latest.rename(id, "my laptop"));
    expect(text()).toBe("my laptop*");
    const other = createAuth({
      baseUrl: server.url,
      fetch: server.browser(),
      clock: createFakeClock(),
      environment: {},
    });
    onTestFinished(() => other.dispose());
    await act(() => other.signIn(alice));
    await act(() => latest.reload());
    expect(latest.sessions).toHaveLength(2);
    await act(() => latest.revoke(other.state.session?.id as string));
    expect(text()).toBe("my laptop*");
    await act(() => auth.signOut());
    expect(text()).toBe("none");
  });

  test("keeps what it had when the list cannot be read, and says why", async () => {
    const { auth, server } = setUp();
    const { text } = await show(auth, h(List));
    await act(() => auth.signIn(alice));
    server.always("sessions/", 503);
    await act(() => latest.reload());
    expect([text(), latest.sessions?.length]).toEqual(["server", 1]);
    server.always("sessions/", null);
    await act(() => latest.reload());
    expect([latest.error, latest.sessions?.length]).toEqual([null, 1]);
  });

  test("an answer that comes after the sign-out is not shown", async () => {
    const { auth, server } = setUp();
    const { text } = await show(auth, h(List));
    const release = server.hold("sessions/");
    await act(() => auth.signIn(alice));
    await act(() => auth.signOut());
    await act(async () => release());
    expect(text()).toBe("none");
  });
});
