// @vitest-environment happy-dom
import { act, createElement as h } from "react";
import { describe, expect, onTestFinished, test } from "vitest";
import { createAuth } from "../src/index.js";
import { type UseSessions, useSessions } from "../src/react.js";
import { createFakeClock } from "../src/testing.js";
import { alice, setUp, show } from "./page.js";

let latest: UseSessions;

function List() {
  latest = useSessions();
  if (latest.error) return latest.error.code;
  return latest.sessions?.map((s) => `${s.label}${s.current ? "*" : ""}`).join(",") ?? "none";
}

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
