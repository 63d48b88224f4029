// @vitest-environment happy-dom
import { act, createElement as h, useState } from "react";
import { hydrateRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Auth, type AuthState, createAuth, type User } from "../src/index.js";
import {
  AuthProvider,
  RequireAuth,
  RequireRole,
  SignedIn,
  SignedOut,
  useAuth,
  useAuthFetch,
  useSession,
  useUser,
} from "../src/react.js";
import { alice, setUp, show } from "./page.js";

const seen: AuthState = Object.freeze({
  status: "authenticated",
  user: { id: 7, username: "from the server" },
  session: null,
  reason: null,
  stale: false,
  refreshing: false,
});

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
