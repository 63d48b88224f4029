// @vitest-environment happy-dom
import { expect, onTestFinished, test } from "vitest";
import { createApp, createSSRApp, defineComponent, h, nextTick } from "vue";
import { renderToString } from "vue/server-renderer";
import { type Auth, type AuthState, createAuth } from "../src/index.js";
import { createFakeBrowser, createFakeClock, createFakeServer } from "../src/testing.js";
import { authPlugin, type UseAuth, useAuth } from "../src/vue.js";

const alice = { username: "alice", password: "correct horse" };

function setUp() {
  const clock = createFakeClock();
  const server = createFakeServer({ clock });
  const auth = createAuth({ baseUrl: server.url, fetch: server.fetch, clock, environment: createFakeBrowser().tab() });
  onTestFinished(() => auth.dispose());
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
  return { auth, counted, server, listeners: () => listeners };
}

const Name = defineComponent(() => {
  const { status, user, session } = useAuth();
  return () => h("p", `${status.value} ${user.value?.username} ${session.value ? "session" : ""}`.trim());
});

test("an app shows who is signed in, from the start to the end", async () => {
  const { auth } = setUp();
  const page = document.createElement("div");
  const app = createApp(Name).use(authPlugin, auth);
  app.mount(page);
  expect(page.textContent).toBe("unknown undefined");
  await auth.ready();
  await nextTick();
  expect(page.textContent).toBe("anonymous undefined");
  await auth.signIn(alice);
  await nextTick();
  expect(page.textContent).toBe("authenticated alice session");
  await auth.signOut();
  await nextTick();
  expect(page.textContent).toBe("anonymous undefined");
  app.unmount();
});

test("components share one subscription, which ends with the app", async () => {
  const { counted, listeners, auth } = setUp();
  const app = createApp(() => [h(Name), h(Name)]).use(authPlugin, counted);
  app.mount(document.createElement("div"));
  expect(listeners()).toBe(1);
  app.unmount();
  expect(listeners()).toBe(0);
  expect((await auth.signIn(alice)).status).toBe("authenticated");
});

test("the functions are the client's, and nobody else can change the state", async () => {
  const { auth } = setUp();
  const app = createApp(Name).use(authPlugin, auth);
  const found: UseAuth = app.runWithContext(useAuth); // as in a router's guard
  expect([found.client, found.signIn, found.fetch]).toEqual([auth, auth.signIn, auth.fetch]);
  expect(Object.isFrozen(found.state.value)).toBe(true);
});

test("on a server nothing subscribes, and nobody is known", async () => {
  const { counted, listeners } = setUp();
  const { window } = globalThis;
  Reflect.deleteProperty(globalThis, "window");
  onTestFinished(() => void Object.assign(globalThis, { window }));
  expect(await renderToString(createSSRApp(Name).use(authPlugin, counted))).toBe("<p>unknown undefined</p>");
  expect(listeners()).toBe(0);
});

test("without the plugin the error says what is missing", () => {
  const app = createApp(Name);
  expect(() => app.runWithContext(useAuth)).toThrow("app.use(authPlugin, client)");
});
