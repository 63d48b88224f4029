import {
  type ComputedRef,
  computed,
  type InjectionKey,
  inject,
  type Plugin,
  type ShallowRef,
  shallowReadonly,
  shallowRef,
} from "vue";
import { AuthError } from "./errors.js";
import type { Auth, AuthState, Session, User } from "./types.js";

/** What {@link useAuth} answers: the client's functions, and who is signed in, as refs. */
export interface UseAuth extends Pick<Auth, "signIn" | "signUp" | "signOut" | "refresh" | "getAccessToken" | "fetch"> {
  /** The client itself, for everything else. */
  client: Auth;
  state: Readonly<ShallowRef<AuthState>>;
  status: ComputedRef<AuthState["status"]>;
  user: ComputedRef<User | null>;
  session: ComputedRef<Session | null>;
}

const key: InjectionKey<UseAuth> = Symbol("cartouche");

/** `app.use(authPlugin, client)` makes a client known to an app. It owns nothing: unmounting the app ends no session and no timer. */
export const authPlugin: Plugin<[client: Auth]> = {
  install(app, client) {
    const state = shallowRef(client.state);
    // An app that is rendered on a server is never unmounted, so that it would be held by the client for ever; nor does it change.
    if (typeof window !== "undefined") {
      const stop = client.subscribe((next) => {
        state.value = next;
      });
      app.onUnmount?.(stop); // Vue 3.5; older apps live as long as their page
    }
    const { signIn, signUp, signOut, refresh, getAccessToken, fetch } = client;
    const status = computed(() => state.value.status);
    const user = computed(() => state.value.user);
    const session = computed(() => state.value.session);
    app.provide(key, {
      client,
      state: shallowReadonly(state),
      status,
      user,
      session,
      signIn,
      signUp,
      signOut,
      refresh,
      getAccessToken,
      fetch,
    });
  },
};

/** The client of this app. */
export function useAuth(): UseAuth {
  const found = inject(key, null);
  if (!found) throw new AuthError("config", { message: "The app has no client: call app.use(authPlugin, client)." });
  return found;
}
