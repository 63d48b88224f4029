import { expect, test } from "vitest";
import { createAuth } from "../src/index.js";
import { createFakeBrowser, createFakeClock, createFakeServer, settle } from "../src/testing.js";

test("a page signs in, refreshes ahead of time, and signs out", async () => {
  const clock = createFakeClock();
  const server = createFakeServer({ clock });
  const auth = createAuth({ baseUrl: server.url, fetch: server.fetch, clock, environment: createFakeBrowser().tab() });
  await settle();
  expect(auth.state).toMatchObject({ status: "anonymous", reason: null });
  await auth.signIn({ username: "alice", password: "correct horse" });
  expect(auth.state).toMatchObject({ status: "authenticated", user: { username: "alice" } });
  const first = await auth.getAccessToken();
  expect(first).toMatch(/^ey/);
  await clock.advance(250_000);
  expect(server.count("refresh/")).toBe(1);
  expect(await auth.getAccessToken()).not.toBe(first);
  const answer = await auth.fetch(`${server.origin}/api/orders/`, { method: "POST", body: "x" });
  expect(await answer.json()).toMatchObject({ user: "alice", body: "x" });
  await auth.signOut();
  expect(auth.state).toMatchObject({ status: "anonymous", reason: "user" });
  expect(server.count("logout/")).toBe(1);
  auth.dispose();
  expect(clock.pending).toBe(0);
});
