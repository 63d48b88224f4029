import { act, createElement as h, type ReactNode, StrictMode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { onTestFinished } from "vitest";
import { type Auth, createAuth } from "../src/index.js";
import { AuthProvider } from "../src/react.js";
import { createFakeBrowser, createFakeClock, createFakeServer } from "../src/testing.js";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

export const alice = { username: "alice", password: "correct horse" };

export function setUp() {
  const clock = createFakeClock();
  const server = createFakeServer({ clock });
  const browser = createFakeBrowser();
  const auth = createAuth({ baseUrl: server.url, fetch: server.fetch, clock, environment: browser.tab() });
  onTestFinished(() => auth.dispose());
  return { auth, server, browser, clock };
}

/** Shows something in a page, as an app does, in Strict Mode. */
export async function show(auth: Auth, ...children: ReactNode[]) {
  const page = document.createElement("div");
  let root: Root;
  await act(async () => {
    root = createRoot(page);
    root.render(h(StrictMode, null, h(AuthProvider, { client: auth }, ...children)));
  });
  onTestFinished(() => act(async () => root.unmount()));
  return { text: () => page.textContent, page, unmount: () => act(async () => root.unmount()) };
}
