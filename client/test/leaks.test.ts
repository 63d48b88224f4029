import { expect, test } from "vitest";
import { createAuth } from "../src/index.js";
import { createFakeBrowser, createFakeClock, createFakeServer, settle } from "../src/testing.js";
import { alice } from "./setup.js";

test("a thousand clients that come and go leave no listener, timer, channel or lock", async () => {
  const clock = createFakeClock();
  const server = createFakeServer({ clock });
  const browser = createFakeBrowser();
  const tab = browser.tab();
  for (let i = 0; i < 1_000; i++) {
    const auth = createAuth({ baseUrl: server.url, fetch: server.fetch, clock, environment: tab });
    const stops = [auth.subscribe(() => {}), auth.on("signed-in", () => {})];
    if (i % 100 === 0) await auth.signIn(alice);
    if (i % 3 === 0) server.next("refresh/", "hang");
    if (i % 2 === 0) void auth.refresh({ force: true }).catch(() => {});
    if (i % 5 === 0) await settle(1);
    for (const stop of stops) stop();
    auth.dispose();
  }
  await settle();
  expect(tab.listeners).toBe(0);
  expect(clock.pending).toBe(0);
  expect(browser.held).toEqual([]);
}, 20_000);

test("a listener that is added twice is called twice, and each is removed once", async () => {
  const clock = createFakeClock();
  const server = createFakeServer({ clock });
  const auth = createAuth({ baseUrl: server.url, fetch: server.fetch, clock, environment: {} });
  let calls = 0;
  const listener = () => {
    calls++;
  };
  const stops = [auth.on("signed-in", listener), auth.on("signed-in", listener)];
  stops[0]?.();
  stops[0]?.();
  await auth.signIn(alice);
  expect(calls).toBe(1);
  auth.dispose();
});

test("on a server, making a client asks nothing, opens nothing and keeps no process alive", async () => {
  const before = process.getActiveResourcesInfo().length;
  const asked: unknown[] = [];
  const auth = createAuth({
    baseUrl: "/auth",
    fetch: async (input) => {
      asked.push(input);
      return new Response();
    },
  });
  expect(process.getActiveResourcesInfo().length).toBe(before);
  await settle();
  expect(auth.state.status).toBe("unknown");
  expect(asked).toEqual([]);
  expect(auth.mayCarryToken("/x")).toBe(false);
  await expect(auth.refresh()).rejects.toMatchObject({ code: "config" }); // a path alone is nowhere there
  auth.dispose();
});
