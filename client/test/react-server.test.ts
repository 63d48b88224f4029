import { createElement as h } from "react";
import { renderToString } from "react-dom/server";
import { expect, test } from "vitest";
import { createAuth } from "../src/index.js";
import { AuthProvider, RequireAuth, SignedOut, useAuth } from "../src/react.js";

function Status() {
  return useAuth().status;
}

test("an app is rendered on a server, where nothing of a browser is there", () => {
  expect([typeof window, typeof document, typeof localStorage, typeof BroadcastChannel]).toEqual([
    "undefined",
    "undefined",
    "undefined",
    "function", // Node has one, which would keep the process alive
  ]);
  const before = process.getActiveResourcesInfo().length;
  const auth = createAuth({ baseUrl: "/auth" });
  const html = renderToString(
    h(
      AuthProvider,
      { client: auth },
      h(Status),
      h(RequireAuth, { fallback: "form" }, "secret"),
      h(SignedOut, null, "out"),
    ),
  );
  expect(html).toBe("unknown");
  expect(process.getActiveResourcesInfo().length).toBe(before);
});
