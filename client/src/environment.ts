/** A channel between the tabs of one origin, as BroadcastChannel is. */
export interface ChannelLike {
  postMessage(message: unknown): void;
  onmessage: ((event: { data: unknown }) => void) | null;
  close(): void;
}

/** Locks between the tabs of one origin, as navigator.locks has them. */
export interface LocksLike {
  request<T>(name: string, options: { signal?: AbortSignal }, fn: () => Promise<T>): Promise<T>;
}

type Listener = (event: never) => void;

/**
 * What the client uses of a browser, beside fetch and the clock: the shape of `globalThis` there. Every part may be missing, and is asked for
 * before it is used. A page is what has a `document`: only pages talk to other tabs, or look for a session by themselves.
 */
export interface Environment {
  document?: {
    readonly visibilityState: string;
    readonly cookie?: string;
    addEventListener(type: string, fn: Listener): void;
    removeEventListener(type: string, fn: Listener): void;
  };
  navigator?: { readonly locks?: LocksLike };
  location?: { readonly href: string };
  localStorage?: {
    getItem(key: string): string | null;
    setItem(key: string, value: string): void;
    removeItem(key: string): void;
  };
  BroadcastChannel?: new (name: string) => ChannelLike;
  addEventListener?(type: string, fn: Listener): void;
  removeEventListener?(type: string, fn: Listener): void;
}
