// What an app writes, and what the compiler has to refuse. It is compiled, never run.

import {
  type Auth,
  AuthError,
  type AuthState,
  createAuth,
  type Device,
  type EndReason,
  isAuthError,
  toResult,
  type User,
} from "@cartouche/client";
import { withAuth } from "@cartouche/client/axios";
import { explain } from "@cartouche/client/doctor";
import { bindAppState, bindNetInfo, secureStore } from "@cartouche/client/native";
import { djoser } from "@cartouche/client/profiles";
import { AuthProvider, RequireAuth, RequireRole, useAuth, useSessions } from "@cartouche/client/react";
import { createServerClient, createVerifier, remoteKeys, verifyAccessToken } from "@cartouche/client/server";
import { createFakeClock, createFakeServer } from "@cartouche/client/testing";
import { authPlugin, type useAuth as useVueAuth } from "@cartouche/client/vue";
import axios from "axios";
import { createElement } from "react";
import { createApp } from "vue";

declare module "@cartouche/client" {
  interface User {
    plan: "free" | "gold";
  }
}

/** Compiles only where the two types are the same one. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>): void => {};

export const auth: Auth = createAuth({ baseUrl: "https://api.example.com/auth" });
createAuth({ baseUrl: "/auth", profile: { ...djoser, headerPrefix: "Bearer" } });
// @ts-expect-error: baseUrl is needed
createAuth({});
// @ts-expect-error: there is no such profile
createAuth({ baseUrl: "/auth", profile: "passport" });
// @ts-expect-error: nor such a transport
createAuth({ baseUrl: "/auth", transport: "localStorage" });

// The state narrows by its status.
export function show(state: AuthState): string {
  same<typeof state.status, "unknown" | "anonymous" | "authenticating" | "authenticated" | "disposed">(true);
  // @ts-expect-error: nobody knows whether there is a user
  state.user.email;
  // @ts-expect-error: a state does not change
  state.stale = true;
  if (state.status !== "authenticated") return state.reason ?? "";
  same<typeof state.user, User>(true);
  same<typeof state.user.plan, "free" | "gold">(true); // the app's own field
  same<typeof state.reason, null>(true);
  return String(state.user.id);
}

// Events have their own details.
auth.on("signed-out", ({ reason }) => same<typeof reason, EndReason>(true));
auth.on("signed-in", ({ user }) => same<typeof user, User>(true));
// @ts-expect-error: there is no such event
auth.on("logout", () => {});
// @ts-expect-error: nor such a detail
auth.on("token-refreshed", ({ refreshToken }) => refreshToken);

// Errors narrow by their code, which is one of a closed list.
try {
  await auth.signIn({ email: "a@example.com", password: "p" });
} catch (e) {
  // @ts-expect-error: it may be anything
  e.code;
  if (isAuthError(e, "invalid_credentials")) same<typeof e.code, "invalid_credentials">(true);
  // @ts-expect-error: there is no such code
  if (isAuthError(e, "wrong_password")) throw e;
  if (isAuthError(e)) same<typeof e.fields, Record<string, string[]> | undefined>(true);
}
// @ts-expect-error: a password is needed
auth.signIn({ email: "a@example.com" });
// @ts-expect-error: there is no such scope
auth.signOut({ scope: "all" });
const result = await toResult(auth.sessions.list());
if (result.error) same<typeof result.data, null>(true);
else same<typeof result.data, Device[]>(true);
// @ts-expect-error: a code of the list
new AuthError("oops");

await auth.fetch("/api", { method: "POST", auth: "required", replay: () => "body" });
// @ts-expect-error: there is no such way
await auth.fetch("/api", { auth: "maybe" });

// axios keeps the type of the instance.
const api = withAuth(axios.create({ baseURL: "https://api.example.com" }), auth);
api.eject();
(await api.get<number[]>("/orders/")).data.at(0)?.toFixed();
// @ts-expect-error: an instance is needed
withAuth({}, auth);

// React
export function Page() {
  const { status, user, signIn } = useAuth();
  same<typeof signIn, Auth["signIn"]>(true);
  const { sessions } = useSessions();
  same<typeof sessions, Device[] | null>(true);
  return createElement(RequireRole, { allow: (who) => who.plan === "gold", fallback: status }, user?.email);
}
createElement(AuthProvider, { client: auth }, createElement(RequireAuth, { fallback: "Sign in" }, createElement(Page)));
// @ts-expect-error: a client is needed
createElement(AuthProvider, null);
// @ts-expect-error: a rule is needed
createElement(RequireRole, { fallback: null });

// Vue
createApp({}).use(authPlugin, auth);
same<ReturnType<typeof useVueAuth>["user"]["value"], User | null>(true);

// React Native: these have the shapes of its modules, which are not installed here.
declare const AppState: {
  addEventListener(type: "change" | "memoryWarning", fn: (state: "active" | "background") => void): { remove(): void };
};
declare const NetInfo: {
  addEventListener(fn: (state: { isConnected: boolean | null; type: string }) => void): () => void;
};
declare const SecureStore: {
  getItemAsync(key: string, options?: object): Promise<string | null>;
  setItemAsync(key: string, value: string, options?: object): Promise<void>;
  deleteItemAsync(key: string): Promise<void>;
};
createAuth({ baseUrl: "https://api.example.com/auth", transport: "header", store: secureStore(SecureStore) });
same<ReturnType<typeof bindAppState>, () => void>(true);
bindAppState(auth, AppState);
bindNetInfo(auth, NetInfo);
// @ts-expect-error: localStorage is no key-chain
secureStore(localStorage);

// Servers
const { session } = createServerClient({ baseUrl: "https://api.example.com/auth", cookies: "a=b" });
same<Awaited<ReturnType<typeof session>>, AuthState>(true);
const principal = await verifyAccessToken("token", {
  issuer: "https://api.example.com",
  keys: remoteKeys("https://api.example.com/.well-known/jwks.json"),
});
same<typeof principal.userId, string>(true);
same<typeof principal.claims, Readonly<Record<string, unknown>>>(true);
createVerifier({ issuer: "https://api.example.com", feedToken: "t" });
// @ts-expect-error: false would promise a feed without a token
createVerifier({ issuer: "https://api.example.com", withoutFeed: false });

// Tests and the doctor
const clock = createFakeClock();
createAuth({ baseUrl: "https://api.example.com/auth", clock, fetch: createFakeServer({ clock }).fetch });
for (const { id, text, advice } of await explain(auth))
  same<[typeof id, typeof text, typeof advice], [string, string, boolean]>(true);
