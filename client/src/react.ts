import {
  createContext,
  createElement,
  Fragment,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { AuthError } from "./errors.js";
import type { Auth, AuthState, Device, Session, User } from "./types.js";

const Client = createContext<{ auth: Auth; initial: AuthState } | null>(null);

const UNKNOWN: AuthState = Object.freeze({
  status: "unknown",
  user: null,
  session: null,
  reason: null,
  stale: false,
  refreshing: false,
});

/** What {@link AuthProvider} is given. */
export interface AuthProviderProps {
  /** The client. Make it outside of React, so that nothing mounts it twice. */
  client: Auth;
  /** What the server rendered with (see createServerClient); it is shown until the client knows more. Default: unknown. */
  initial?: AuthState;
  children?: ReactNode;
}

/** Makes a client known to everything below. It owns nothing: unmounting it ends no session and no timer. */
export function AuthProvider({ client, initial = UNKNOWN, children }: AuthProviderProps): ReactNode {
  const value = useMemo(() => ({ auth: client, initial }), [client, initial]);
  return createElement(Client.Provider, { value }, children);
}

function useClient(): { auth: Auth; initial: AuthState } {
  const found = useContext(Client);
  if (!found) throw new AuthError("config", { message: "There is no <AuthProvider client={…}> above this component." });
  return found;
}

function useAuthState(): AuthState {
  const { auth, initial } = useClient();
  const now = useCallback(
    () => (auth.state.status === "unknown" && initial.status !== "unknown" ? initial : auth.state),
    [auth, initial],
  );
  return useSyncExternalStore(auth.subscribe, now, () => initial);
}

/** The client's functions, and who is signed in. The functions stay the same objects; the whole is a new one when the state changes. */
export type UseAuth = AuthState &
  Pick<Auth, "signIn" | "signUp" | "signOut" | "refresh" | "getAccessToken"> & {
    /** The client itself, for everything else. */
    client: Auth;
  };

export function useAuth(): UseAuth {
  const { auth: client } = useClient();
  const state = useAuthState();
  return useMemo(() => {
    const { signIn, signUp, signOut, refresh, getAccessToken } = client;
    return { ...state, client, signIn, signUp, signOut, refresh, getAccessToken };
  }, [client, state]);
}

/** The user who is signed in, or null. */
export function useUser(): User | null {
  return useAuthState().user;
}

/** The session of this device, or null. */
export function useSession(): Session | null {
  return useAuthState().session;
}

/** `fetch` with the access token: the same function for the life of the client. */
export function useAuthFetch(): Auth["fetch"] {
  return useClient().auth.fetch;
}

/** The user's devices; null before they are there. */
export interface UseSessions {
  sessions: Device[] | null;
  error: AuthError | null;
  reload(): Promise<void>;
  rename(id: string, label: string): Promise<void>;
  revoke(id: string): Promise<void>;
  revokeOthers(): Promise<void>;
}

/** Reads the list of the user's sessions, again for each user, and after each change that is made through it. */
export function useSessions(): UseSessions {
  const { auth } = useClient();
  const user = useUser()?.id ?? null;
  const [found, setFound] = useState<{ sessions: Device[] | null; error: AuthError | null }>({
    sessions: null,
    error: null,
  });
  const asked = useRef(0); // an answer that was overtaken, or comes after the end, must not be shown
  const reload = useCallback(async () => {
    const mine = ++asked.current;
    const next = await auth.sessions.list().then(
      (sessions) => ({ sessions, error: null }),
      (error: AuthError) => ({ error }),
    );
    if (mine === asked.current) setFound((last) => ({ ...last, ...next }));
  }, [auth]);
  useEffect(() => {
    setFound({ sessions: null, error: null });
    if (user !== null) void reload();
    return () => {
      asked.current++;
    };
  }, [user, reload]);
  const actions = useMemo(() => {
    const { rename, revoke, revokeOthers } = auth.sessions;
    return {
      reload,
      rename: (id: string, label: string) => rename(id, label).then(reload),
      revoke: (id: string) => revoke(id).then(reload),
      revokeOthers: () => revokeOthers().then(reload),
    };
  }, [auth, reload]);
  return { ...found, ...actions };
}

/** Content for those who are signed in, and something else for the others. */
export interface RequireAuthProps {
  children?: ReactNode;
  /** For who is not signed in, such as a form to sign in. It stays in place while that is on its way. */
  fallback?: ReactNode;
  /** While nobody knows yet. Default: nothing. */
  pending?: ReactNode;
}

/** Shows its children to whoever is signed in. They are mounted anew for another user, so that nothing of the last one stays on the screen. */
export function RequireAuth({ children, fallback = null, pending = null }: RequireAuthProps): ReactNode {
  const { status, user } = useAuthState();
  if (status === "unknown" || status === "disposed") return pending;
  return user ? createElement(Fragment, { key: `user ${user.id}` }, children) : fallback;
}

/** What {@link RequireRole} is given. */
export interface RequireRoleProps extends RequireAuthProps {
  /** Whether a user may see this, such as `(user) => user.is_staff === true`. The server has to ask again: this only spares people dead ends. */
  allow(user: User): boolean;
}

/** RequireAuth for some users only. */
export function RequireRole({ allow, children, fallback = null, pending = null }: RequireRoleProps): ReactNode {
  const user = useUser();
  return createElement(RequireAuth, { fallback, pending }, user && allow(user) ? children : fallback);
}

/** Its children, for whoever is signed in. */
export function SignedIn({ children }: { children?: ReactNode }): ReactNode {
  return createElement(RequireAuth, null, children);
}

/** Its children, for whoever is known not to be. */
export function SignedOut({ children }: { children?: ReactNode }): ReactNode {
  return createElement(RequireAuth, { fallback: children });
}
